//! ```text
//! values, indices = the k largest of each row, from the largest on; or the k smallest, from the smallest on
//! ```
//!
//! Equal numbers come in the order of their indices; NaN is larger than all numbers; −0 and 0 are equal. With k the length of the row
//! this is a stable sort.
//!
//! `values` and `indices` are the heap: the k best so far with the worst of them at its root, which each further element has to beat
//! (Knuth 1973, section 5.2.3). Taking off the root again and again leaves them in order. One comparison for most elements, no scratch.

use crate::lanewise::rows_per_task;
use crate::parallel::{Disjoint, Parallel};

/// `x` `[rows, len]`; `values` and `indices` `[rows, k]`.
pub fn top_k(x: &[f32], values: &mut [f32], indices: &mut [i32], [len, k]: [usize; 2], smallest: bool, pool: &impl Parallel) {
    if k == 0 || len == 0 {
        return;
    }
    let rows = x.len() / len;
    let together = rows_per_task(len);
    let (values, indices) = (Disjoint::new(values), Disjoint::new(indices));
    // 1 ns for each element that is beaten, 12 a level of the heap; Node 24, 2026-11.
    let nanoseconds = together * (len + 12 * k * (k.ilog2() as usize + 1));
    pool.for_each(rows.div_ceil(together), nanoseconds, &|task, _| {
        for row in task * together..rows.min((task + 1) * together) {
            // SAFETY: only this task asks for these rows.
            #[allow(unsafe_code)]
            let (values, indices) = unsafe { (values.part(row * k..(row + 1) * k), indices.part(row * k..(row + 1) * k)) };
            best_of(&x[row * len..][..len], Heap { keys: values, indices }, smallest);
        }
    });
}

fn best_of(x: &[f32], mut heap: Heap, smallest: bool) {
    let k = heap.indices.len();
    let entry = |index: usize| (if smallest { !key(x[index]) } else { key(x[index]) }, index as i32);
    (0..k).for_each(|at| heap.set(at, entry(at)));
    (0..k / 2).rev().for_each(|at| heap.sink(at, k, heap.get(at)));
    let mut worst = heap.get(0).0;
    for index in k..x.len() {
        // Of equal ones the first is better: this one would have to be larger.
        if entry(index).0 > worst {
            heap.sink(0, k, entry(index));
            worst = heap.get(0).0;
        }
    }
    for end in (1..k).rev() {
        let last = heap.get(end);
        heap.set(end, heap.get(0));
        heap.sink(0, end, last);
    }
    heap.keys.iter_mut().zip(heap.indices).for_each(|(value, &mut index)| *value = x[index as usize]);
}

/// A number in the order of the floats: the bits of positive ones are in order, those of negative ones backwards. Adding 0 makes 0 of −0.
fn key(x: f32) -> i32 {
    let bits = (x + 0.0).to_bits() as i32;
    if x.is_nan() { i32::MAX } else { bits ^ ((bits >> 31) as u32 >> 1) as i32 }
}

/// The worst is at 0; nobody below `at` is worse than it, that is 2 at + 1, 2 at + 2 and so on. Keys wait, as bits, where the values will be.
struct Heap<'a> {
    keys: &'a mut [f32],
    indices: &'a mut [i32],
}

impl Heap<'_> {
    fn get(&self, at: usize) -> (i32, i32) {
        (self.keys[at].to_bits() as i32, self.indices[at])
    }

    fn set(&mut self, at: usize, (key, index): (i32, i32)) {
        self.keys[at] = f32::from_bits(key as u32);
        self.indices[at] = index;
    }

    fn worse(a: (i32, i32), b: (i32, i32)) -> bool {
        a.0 < b.0 || (a.0 == b.0 && a.1 > b.1)
    }

    /// Puts `entry` at `at` or as far below as there are worse ones, in a heap of `len`.
    fn sink(&mut self, mut at: usize, len: usize, entry: (i32, i32)) {
        while 2 * at + 1 < len {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let child = if right < len && Self::worse(self.get(right), self.get(left)) { right } else { left };
            if !Self::worse(self.get(child), entry) {
                break;
            }
            self.set(at, self.get(child));
            at = child;
        }
        self.set(at, entry);
    }
}

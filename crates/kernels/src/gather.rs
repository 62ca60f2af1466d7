//! By index along the middle of `[outer, len, inner]`:
//!
//! ```text
//! gather     out[o, c, i] = x[o, index[o, c, i], i]
//! scatter    out[o, index[o, c, i], i] += x[o, c, i], in the order of c
//! ```
//!
//! An index may be shared: `[count]`, for all `o` and `i`; then whole rows of `inner` are moved. Scattering adds, and indices repeat:
//! a task owns a range of `len` and looks at all indices for its own, as in [`crate::embedding`].

use crate::lanewise::{COPY_TASK, TASK, rows_per_task, update};
use crate::parallel::{Disjoint, Parallel, for_each_chunk};

/// Ranges of `len`, at most, over all of `outer`.
const RANGES: usize = 16;

/// Sizes of a gather or scatter.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Sizes {
    pub len: usize,
    pub count: usize,
    pub inner: usize,
    /// Whether an index is `[count]`.
    pub shared: bool,
}

/// `out` `[outer, count, inner]`; panics if an index is not below `len`.
pub fn gather(x: &[f32], index: &[i32], out: &mut [f32], sizes: Sizes, pool: &impl Parallel) {
    let Sizes { len, count, inner, shared } = sizes;
    if out.is_empty() {
        return;
    }
    let together = rows_per_task(inner);
    for_each_chunk(pool, out, together * inner, COPY_TASK.max(inner / 3) * if shared { 1 } else { 4 }, |task, mut out| {
        let mut row = task * together;
        // Up to the end of this `o`, and on to the next.
        while !out.is_empty() {
            let (here, after) = out.split_at_mut(out.len().min((count - row % count) * inner));
            let (x, rows) = (&x[row / count * len * inner..][..len * inner], here.len() / inner);
            if shared {
                gather_rows(x, &index[row % count..], here, inner);
            } else {
                gather_each(x, &index[row * inner..], here, inner);
            }
            (row, out) = (row + rows, after);
        }
    });
}

fn gather_rows(x: &[f32], index: &[i32], out: &mut [f32], inner: usize) {
    for (out, &index) in out.chunks_exact_mut(inner).zip(index) {
        out.copy_from_slice(x.chunks_exact(inner).nth(index as u32 as usize).expect(OUTSIDE));
    }
}

fn gather_each(x: &[f32], index: &[i32], out: &mut [f32], inner: usize) {
    for (out, index) in out.chunks_exact_mut(inner).zip(index.chunks_exact(inner)) {
        for (i, (out, &index)) in out.iter_mut().zip(index).enumerate() {
            *out = *x.get(index as u32 as usize * inner + i).expect(OUTSIDE);
        }
    }
}

/// Adds to `out` `[outer, len, inner]`.
pub fn scatter_add(index: &[i32], x: &[f32], out: &mut [f32], sizes: Sizes, pool: &impl Parallel) {
    let Sizes { len, count, inner, shared } = sizes;
    if out.is_empty() || x.is_empty() {
        return;
    }
    let outer = out.len() / (len * inner);
    let ranges = (RANGES / outer).clamp(1, (len * inner).div_ceil(TASK));
    let range = len.div_ceil(ranges);
    let together = if ranges == 1 { rows_per_task(count.max(len) * inner) } else { 1 };
    let all = outer * ranges;
    let out = Disjoint::new(out);
    let nanoseconds = together * if shared { count + count * inner / ranges / 3 } else { 2 * count * inner };
    pool.for_each(all.div_ceil(together), nanoseconds, &|task, _| {
        for part in task * together..all.min((task + 1) * together) {
            let (at, start) = (part / ranges, part % ranges * range);
            let rows = start.min(len)..(start + range).min(len);
            let x = &x[at * count * inner..][..count * inner];
            let index = if shared { index } else { &index[at * count * inner..][..count * inner] };
            // SAFETY: this range of this `o` is this part's alone.
            #[allow(unsafe_code)]
            let out = unsafe { out.part((at * len + rows.start) * inner..(at * len + rows.end) * inner) };
            if shared { add_rows(index, x, out, start, inner) } else { add_each(index, x, out, start, inner) }
        }
    });
}

/// Adds the rows that go to the positions from `start` on.
fn add_rows(index: &[i32], x: &[f32], out: &mut [f32], start: usize, inner: usize) {
    for (&index, x) in index.iter().zip(x.chunks_exact(inner)) {
        let row = (index as u32 as usize).wrapping_sub(start);
        if row < out.len() / inner {
            update(&mut out[row * inner..][..inner], [x], |sum, [x]| sum + x);
        }
    }
}

fn add_each(index: &[i32], x: &[f32], out: &mut [f32], start: usize, inner: usize) {
    for (index, x) in index.chunks_exact(inner).zip(x.chunks_exact(inner)) {
        for (i, (&index, &x)) in index.iter().zip(x).enumerate() {
            let row = (index as u32 as usize).wrapping_sub(start);
            if row < out.len() / inner {
                out[row * inner + i] += x;
            }
        }
    }
}

const OUTSIDE: &str = "gather: index outside the axis";

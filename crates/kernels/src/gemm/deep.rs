//! `aᵀ · b` of two operands that lie step by step, over many steps: a weight's gradient, summed over all tokens. One side, the narrow one, has few
//! columns, so there is little work to hide the packing of the wide one behind. A task packs its own columns of the wide side, some steps at a time, and
//! multiplies them while they are in L2; the narrow side is packed beforehand for all of them. The narrow side is the tile's left operand, whichever of
//! the two it is: where that is `b`, the sums come out with rows and columns exchanged, and the task turns them.
//!
//! With both packed beforehand a product 512 × 128 over 2,048 steps took as long on one thread and 15 % longer on two, 128 × 512 took 10 and 20 % longer (Node 24, Intel
//! Xeon, November 2026). Tasks of 64 columns gained nothing on one thread: each row lies in a page of its own, and they read too little of it.

use super::epilogue::Rows;
use super::pack::{multiply_groups, pack_left, pack_steps};
use super::tile::{Into, PANEL, Target};
use super::{KC, PACK_FROM_ROWS, Product};
use crate::lanes::{Lane, WIDTH};
use crate::parallel::{Disjoint, Parallel};
use core::ops::Range;

/// The most columns of the narrow side: KC steps of it stay in L2 beside the wide side's.
const NARROW: usize = 256;
/// The most columns of the wide side that a task takes.
const COLUMNS: usize = 256;
/// A wide side is cut finer until it makes as many tasks.
const TASKS: usize = 4;
/// From so many steps on: they also make `packed` long enough for the sums.
const DEEP: usize = KC + NARROW + 8;

/// Whether this is how to do it.
pub fn suits(product: &Product) -> bool {
    let Product { m, n, k, transpose_a, transpose_b, .. } = *product;
    transpose_a && !transpose_b && m >= PACK_FROM_ROWS && m.min(n) <= NARROW && k >= DEEP
}

/// `packed` takes all of the narrow side, [`KC`] steps of the wide one, and, if that is `a`, the sums.
pub fn product(product: &Product, a: &[f32], b: &[f32], rows: &Rows, packed: &mut [f32], pool: &impl Parallel) {
    let Product { m, n, k, .. } = *product;
    let turned = m > n;
    let (narrow, wide, left, right) = if turned { (n, m, b, a) } else { (m, n, a, b) };
    let (packed_left, packed) = packed.split_at_mut(k * narrow);
    pack_left(left, k, narrow, narrow, packed_left, pool);
    let packed_left = &*packed_left;
    let (packed, sums) = packed.split_at_mut(KC * wide.next_multiple_of(WIDTH));
    let (packed, sums) = (Disjoint::new(packed), Disjoint::new(sums));
    let each = wide.div_ceil(TASKS).next_multiple_of(PANEL).min(COLUMNS);
    pool.for_each(wide.div_ceil(each), narrow * k * each / 25, &|task, _| {
        let columns = task * each..((task + 1) * each).min(wide);
        let width = columns.len().next_multiple_of(WIDTH);
        // SAFETY: these columns are this task's.
        #[allow(unsafe_code)]
        let packed = unsafe { packed.part(columns.start * KC..(columns.start + width) * KC) };
        // SAFETY: as above.
        #[allow(unsafe_code)]
        let target = if turned { unsafe { Target::new(&sums, columns.start * narrow, width) } } else { rows.target(0, columns.start) };
        for step in (0..k).step_by(KC) {
            let steps = step..k.min(step + KC);
            pack_steps(right, wide, &columns, &steps, packed);
            let into = if step == 0 { Into::Store } else { Into::Add };
            for from in (0..columns.len()).step_by(PANEL) {
                let panel = &packed[from * steps.len()..];
                let sizes = [narrow, steps.len(), PANEL.min(columns.len() - from)];
                multiply_groups(sizes, packed_left, k, (0, step), panel, target.from(0, from), into);
            }
        }
        if turned {
            // SAFETY: as above.
            #[allow(unsafe_code)]
            let sums = unsafe { sums.part(columns.start * narrow..columns.start * narrow + width * narrow) };
            turn(sums, width, rows, &columns, narrow);
            rows.finish(columns, 0..narrow);
        } else {
            rows.finish(0..narrow, columns);
        }
    });
}

/// `sums` is `[narrow, width]`; its transpose becomes rows `out_rows` of the output.
fn turn(sums: &[f32], width: usize, rows: &Rows, out_rows: &Range<usize>, narrow: usize) {
    for (r, row) in out_rows.clone().enumerate().step_by(WIDTH) {
        let fours = if row + WIDTH <= out_rows.end { narrow / WIDTH } else { 0 };
        for four in 0..fours {
            let at = four * WIDTH;
            let columns = Lane::transpose([0, 1, 2, 3].map(|i| Lane::load(&sums[(at + i) * width + r..])));
            columns.into_iter().enumerate().for_each(|(i, column)| column.store(rows.part(row + i, at..at + WIDTH)));
        }
        for (r, row) in (r..).zip(row..out_rows.end.min(row + WIDTH)) {
            let rest = fours * WIDTH..narrow;
            let to = rows.part(row, rest.clone());
            to.iter_mut().zip(rest).for_each(|(to, column)| *to = sums[column * width + r]);
        }
    }
}

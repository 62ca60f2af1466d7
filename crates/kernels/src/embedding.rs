//! ```text
//! forward    out[i] = weight[ids[i]]
//! backward   dweight[v] = Σ over i with ids[i] = v of d_out[i], in the order of i
//! ```
//!
//! Backward is a scatter, and ids repeat. Each task owns a range of the vocabulary and scans all ids for its own: nobody else writes
//! those rows, so no atomics and one order of summation. The ranges are at most 16, so that the scans together cost 16 comparisons an id,
//! less than adding its row. Every row of `d_weight` is written; that of `padding_idx` with zeros.

use crate::lanewise::{COPY_TASK, rows_per_task, update};
use crate::parallel::{Parallel, for_each_chunk};

/// Tasks the vocabulary is shared out among, at most.
const RANGES: usize = 16;

/// `out[i] = weight[ids[i]]`; panics if an id is outside the vocabulary.
pub fn forward(ids: &[i32], weight: &[f32], out: &mut [f32], cols: usize, pool: &impl Parallel) {
    let together = rows_per_task(cols);
    for_each_chunk(pool, out, together * cols.max(1), COPY_TASK.max(cols / 3), |task, out| {
        for (out, &id) in out.chunks_exact_mut(cols).zip(&ids[task * together..]) {
            let row = weight.chunks_exact(cols).nth(id as u32 as usize);
            out.copy_from_slice(row.expect("embedding: id outside the vocabulary"));
        }
    });
}

/// `d_weight`, whole; `padding_idx` −1 for none.
pub fn backward(ids: &[i32], d_out: &[f32], d_weight: &mut [f32], cols: usize, padding_idx: i32, pool: &impl Parallel) {
    if cols == 0 {
        return;
    }
    let vocab = d_weight.len() / cols;
    let range = vocab.div_ceil(RANGES).max(rows_per_task(cols));
    let nanoseconds = range * cols / 3 + ids.len();
    for_each_chunk(pool, d_weight, range * cols, nanoseconds, |task, d_weight| {
        d_weight.fill(0.0);
        for (&id, d_out) in ids.iter().zip(d_out.chunks_exact(cols)) {
            let row = (id as u32 as usize).wrapping_sub(task * range);
            if row < d_weight.len() / cols && id != padding_idx {
                update(&mut d_weight[row * cols..][..cols], [d_out], |sum, [d]| sum + d);
            }
        }
    });
}

//! ```text
//! sum_rows      out[c] = Σ_r x[r, c]            backward   every row of dx is d_out
//! sum           partials[i] = Σ of block i      backward   dx is d_out everywhere
//! sum_squares   partials[i] = Σ² of block i
//! ```
//!
//! Float addition is not associative, so the order is fixed by the shape: rows in groups of 64, then the groups in order; elements in
//! blocks of 4,096, which the caller adds up in float64. Short chains also make short errors: 4,096 numbers go through 64 running sums.

use crate::lanewise::{self, COPY_TASK, update};
use crate::parallel::{Parallel, for_each_chunk};

/// Rows summed by one task.
pub const GROUP: usize = 64;
/// Elements of a block.
pub const BLOCK: usize = 4096;
/// Blocks summed by one task.
const BLOCKS_PER_TASK: usize = 8;
/// Columns whose groups are added up by one task.
const COLS_PER_TASK: usize = 256;

/// Column sums of `x` `[rows, cols]`; `partials` `[ceil(rows / 64), cols]`.
pub fn sum_rows(x: &[f32], out: &mut [f32], partials: &mut [f32], pool: &impl Parallel) {
    let cols = out.len();
    if cols == 0 {
        return;
    }
    let chunk = GROUP * cols;
    for_each_chunk(pool, partials, cols, GROUP * cols / 4, |group, partial| {
        let x = &x[group * chunk..x.len().min((group + 1) * chunk)];
        partial.fill(0.0);
        add_rows(x, partial);
    });
    sum_groups(partials, cols, 0, out, pool);
}

/// Adds each row of `x` to `sum`: four rows at a time, so that `sum` is read and written a quarter as often.
fn add_rows(x: &[f32], sum: &mut [f32]) {
    let cols = sum.len();
    let mut fours = x.chunks_exact(4 * cols);
    for four in &mut fours {
        let rows = [0, 1, 2, 3].map(|row| &four[row * cols..][..cols]);
        update(sum, rows, |sum, [a, b, c, d]| sum + ((a + b) + (c + d)));
    }
    for row in fours.remainder().chunks_exact(cols) {
        update(sum, [row], |sum, [x]| sum + x);
    }
}

/// `out[c] = Σ_g partials[g, offset + c]`, groups in order; `stride` is the length of a group's partial sums.
pub fn sum_groups(partials: &[f32], stride: usize, offset: usize, out: &mut [f32], pool: &impl Parallel) {
    let groups = partials.len() / stride;
    for_each_chunk(pool, out, COLS_PER_TASK, groups * COLS_PER_TASK / 3, |task, out| {
        out.fill(0.0);
        let first = offset + task * COLS_PER_TASK;
        for partial in partials.chunks_exact(stride) {
            update(out, [&partial[first..][..out.len()]], |out, [x]| out + x);
        }
    });
}

/// Sums of blocks of 4,096 elements.
pub fn sum(x: &[f32], partials: &mut [f32], pool: &impl Parallel) {
    sum_blocks(x, partials, pool, sum_of_block);
}

/// Sums of squares of blocks of 4,096 elements.
pub fn sum_squares(x: &[f32], partials: &mut [f32], pool: &impl Parallel) {
    sum_blocks(x, partials, pool, |block| lanewise::sum([block], |[x]| x * x));
}

#[inline(always)]
fn sum_blocks(x: &[f32], partials: &mut [f32], pool: &impl Parallel, of_block: impl Fn(&[f32]) -> f32 + Sync) {
    for_each_chunk(pool, partials, BLOCKS_PER_TASK, 2 * COPY_TASK, |task, partials| {
        let blocks = x[task * BLOCKS_PER_TASK * BLOCK..].chunks(BLOCK);
        for (partial, block) in partials.iter_mut().zip(blocks) {
            *partial = of_block(block);
        }
    });
}

/// The sum of a few thousand elements. Not inlined: several kernels end in it.
#[inline(never)]
pub(crate) fn sum_of_block(x: &[f32]) -> f32 {
    lanewise::sum([x], |[x]| x)
}

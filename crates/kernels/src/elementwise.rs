//! ```text
//! add        out[r, c] = x[r, c] + y[c]         backward   dx = d_out, dy = column sums (reduce)
//! multiply   out[r, c] = x[r, c] · y[c]         backward   dx = multiply(d_out, y), dy = column sums of multiply(d_out, x)
//! scale      out = factor · x                   backward   the same
//! ```
//!
//! and what moves memory: accumulate, fill, copy. All of them wait for memory and nothing else.

use crate::lanes::Lane;
use crate::lanewise::{COPY_TASK, TASK, map, map_in_tasks, rows_per_task, update_in_tasks};
use crate::parallel::{Parallel, for_each_chunk};

/// `out = x + y`, `y` repeated as often as it goes into `x`.
pub fn add(x: &[f32], y: &[f32], out: &mut [f32], pool: &impl Parallel) {
    combine(x, y, out, pool, |x, y| x + y);
}

/// `out = x · y`, `y` repeated as often as it goes into `x`.
pub fn multiply(x: &[f32], y: &[f32], out: &mut [f32], pool: &impl Parallel) {
    combine(x, y, out, pool, |x, y| x * y);
}

#[inline(always)]
fn combine(x: &[f32], y: &[f32], out: &mut [f32], pool: &impl Parallel, f: impl Fn(Lane, Lane) -> Lane + Sync) {
    if let [y] = *y {
        return map_in_tasks(pool, COPY_TASK, [x], out, |[x]| f(x, Lane::splat(y)));
    }
    if y.len() == x.len() {
        return map_in_tasks(pool, COPY_TASK, [x, y], out, |[x, y]| f(x, y));
    }
    let chunk = rows_per_task(y.len()) * y.len().max(1);
    for_each_chunk(pool, out, chunk, COPY_TASK.max(y.len() / 3), |task, out| {
        let x = &x[task * chunk..][..out.len()];
        x.chunks_exact(y.len()).zip(out.chunks_exact_mut(y.len())).for_each(|(x, out)| map([x, y], out, |[x, y]| f(x, y)));
    });
}

/// `out = factor · x`.
pub fn scale(x: &[f32], out: &mut [f32], factor: f32, pool: &impl Parallel) {
    map_in_tasks(pool, COPY_TASK, [x], out, |[x]| x * Lane::splat(factor));
}

/// `x = factor · x`.
pub fn scale_in_place(x: &mut [f32], factor: f32, pool: &impl Parallel) {
    update_in_tasks(pool, COPY_TASK, x, [], |x, []| x * Lane::splat(factor));
}

/// `sum = sum + x`.
pub fn accumulate(x: &[f32], sum: &mut [f32], pool: &impl Parallel) {
    update_in_tasks(pool, COPY_TASK, sum, [x], |sum, [x]| sum + x);
}

/// `out = value`.
pub fn fill(out: &mut [f32], value: f32, pool: &impl Parallel) {
    for_each_chunk(pool, out, TASK, COPY_TASK, |_, out| out.fill(value));
}

/// `out = x`.
pub fn copy(x: &[f32], out: &mut [f32], pool: &impl Parallel) {
    for_each_chunk(pool, out, TASK, COPY_TASK, |task, out| out.copy_from_slice(&x[task * TASK..][..out.len()]));
}

/// `rows` pieces of `cols` elements, the first at `offset`, the next `stride` on, given as `[offset, stride]` of `x` and of `out`. The
/// pieces of `out` may not overlap; a stride of 0 in `x` repeats one piece.
pub fn copy_strided(
    x: &[f32],
    out: &mut [f32],
    rows: usize,
    cols: usize,
    [x_offset, x_stride]: [usize; 2],
    [out_offset, out_stride]: [usize; 2],
    pool: &impl Parallel,
) {
    if rows == 0 || cols == 0 {
        return;
    }
    let out_stride = if rows == 1 { cols } else { out_stride };
    assert!(out_stride >= cols, "copy_strided: pieces of out overlap");
    let out = &mut out[out_offset..][..(rows - 1) * out_stride + cols];
    let together = rows_per_task(cols);
    for_each_chunk(pool, out, together * out_stride, COPY_TASK.max(cols / 3), |task, out| {
        let piece = |row: usize| x_offset + (task * together + row) * x_stride;
        let pieces = out.chunks_mut(out_stride).enumerate();
        if cols == 1 {
            pieces.for_each(|(row, out)| out[0] = x[piece(row)]);
        } else {
            pieces.for_each(|(row, out)| out[..cols].copy_from_slice(&x[piece(row)..][..cols]));
        }
    });
}

//! Over the middle of `[outer, len, inner]`:
//!
//! ```text
//! forward    yᵢ = e^(xᵢ − max) / Σⱼ e^(xⱼ − max)
//! backward   dxᵢ = yᵢ · (dyᵢ − Σⱼ yⱼ dyⱼ)
//! ```
//!
//! Departures:
//!
//! - `e^d` is `2^(d log₂ e)`: the rounding of `d log₂ e` makes a relative error of |d| · 6e-8, but of a number that is itself e^−|d|; the
//!   weights stay within 1.5e-7, for two thirds of the instructions of an `exp` precise everywhere.
//! - The division is a multiplication by the reciprocal of the sum.
//! - With `inner` = 1 a row is a slice and stays in the first-level cache between the three passes. Otherwise lanes run along `inner`,
//!   and the passes along `len`, over strips of 64 columns (256 bytes of every row).
//!
//! Edge rows are PyTorch's: a NaN or +∞ makes its row NaN and no other; so does a row of nothing but −∞.

use crate::lanes::Lane;
use crate::lanewise::{COPY_TASK, EXP_TASK, largest, map, map_and_sum, rows_per_task, sum, update};
use crate::math::Powers;
use crate::parallel::{Disjoint, Parallel, for_each_chunk};
use core::ops::Range;

/// Columns of a strip.
const STRIP: usize = 256;

/// `out` is the softmax of `x`; both `[outer, len, inner]`.
pub fn forward(x: &[f32], out: &mut [f32], outer: usize, len: usize, inner: usize, pool: &impl Parallel) {
    if inner != 1 {
        return forward_strips(x, out, outer, len, inner, pool);
    }
    let chunk = rows_per_task(len) * len.max(1);
    for_each_chunk(pool, out, chunk, EXP_TASK.max(len), |task, out| {
        let powers = Powers::held();
        let x = &x[task * chunk..][..out.len()];
        x.chunks_exact(len).zip(out.chunks_exact_mut(len)).for_each(|(x, out)| forward_row(x, out, &powers));
    });
}

/// `d_x` from what forward gave and its gradient.
pub fn backward(out: &[f32], d_out: &[f32], d_x: &mut [f32], outer: usize, len: usize, inner: usize, pool: &impl Parallel) {
    if inner != 1 {
        return backward_strips(out, d_out, d_x, outer, len, inner, pool);
    }
    let chunk = rows_per_task(len) * len.max(1);
    for_each_chunk(pool, d_x, chunk, COPY_TASK.max(len), |task, d_x| {
        let part = task * chunk..task * chunk + d_x.len();
        let rows = out[part.clone()].chunks_exact(len).zip(d_out[part].chunks_exact(len));
        rows.zip(d_x.chunks_exact_mut(len)).for_each(|((out, d_out), d_x)| backward_row(out, d_out, d_x));
    });
}

/// One row.
#[inline(always)]
pub(crate) fn forward_row(x: &[f32], out: &mut [f32], powers: &Powers) {
    let max = Lane::splat(largest(x));
    let sum = map_and_sum(x, out, |x| powers.of_e(x - max));
    let inverse = Lane::splat(1.0 / sum);
    update(out, [], |e, []| e * inverse);
}

fn backward_row(out: &[f32], d_out: &[f32], d_x: &mut [f32]) {
    let dot = Lane::splat(sum([out, d_out], |[y, dy]| y * dy));
    map([out, d_out], d_x, |[y, dy]| y * (dy - dot));
}

fn forward_strips(x: &[f32], out: &mut [f32], outer: usize, len: usize, inner: usize, pool: &impl Parallel) {
    let out = Disjoint::new(out);
    for_each_strip(outer, len, inner, pool, |strip| {
        let powers = Powers::held();
        let (mut max, mut sum) = ([f32::NEG_INFINITY; STRIP], [0.0; STRIP]);
        let (max, sum) = (&mut max[..strip.width], &mut sum[..strip.width]);
        for i in 0..len {
            update(max, [&x[strip.row(i)]], |max, [x]| max.max(x));
        }
        for i in 0..len {
            // SAFETY: only this task asks for rows of this strip, one at a time.
            #[allow(unsafe_code)]
            let out = unsafe { out.part(strip.row(i)) };
            map([&x[strip.row(i)], max], out, |[x, max]| powers.of_e(x - max));
            update(sum, [out], |sum, [e]| sum + e);
        }
        update(sum, [], |sum, []| Lane::splat(1.0) / sum);
        for i in 0..len {
            // SAFETY: as above.
            #[allow(unsafe_code)]
            let out = unsafe { out.part(strip.row(i)) };
            update(out, [sum], |e, [inverse]| e * inverse);
        }
    });
}

fn backward_strips(out: &[f32], d_out: &[f32], d_x: &mut [f32], outer: usize, len: usize, inner: usize, pool: &impl Parallel) {
    let d_x = Disjoint::new(d_x);
    for_each_strip(outer, len, inner, pool, |strip| {
        let mut dot = [0.0; STRIP];
        let dot = &mut dot[..strip.width];
        for i in 0..len {
            update(dot, [&out[strip.row(i)], &d_out[strip.row(i)]], |dot, [y, dy]| y.madd(dy, dot));
        }
        for i in 0..len {
            // SAFETY: only this task asks for rows of this strip, one at a time.
            #[allow(unsafe_code)]
            let d_x = unsafe { d_x.part(strip.row(i)) };
            map([&out[strip.row(i)], &d_out[strip.row(i)], dot], d_x, |[y, dy, dot]| y * (dy - dot));
        }
    });
}

/// Up to [`STRIP`] neighbouring columns of one `[len, inner]` block.
struct Strip {
    start: usize,
    stride: usize,
    width: usize,
}

impl Strip {
    fn row(&self, i: usize) -> Range<usize> {
        let start = self.start + i * self.stride;
        start..start + self.width
    }
}

fn for_each_strip(outer: usize, len: usize, inner: usize, pool: &impl Parallel, task: impl Fn(Strip) + Sync) {
    let strips = inner.div_ceil(STRIP);
    let all = outer * strips;
    // A strip is little work where `len` is small: then a task takes several.
    let together = rows_per_task(STRIP * len);
    pool.for_each(all.div_ceil(together), together * STRIP * len, &|index, _| {
        for strip in index * together..all.min((index + 1) * together) {
            let (block, col) = (strip / strips, strip % strips * STRIP);
            task(Strip { start: block * len * inner + col, stride: inner, width: STRIP.min(inner - col) });
        }
    });
}

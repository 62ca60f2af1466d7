//! The windows of a convolution as columns of a matrix, so that the convolution is a matrix product (im2col):
//!
//! ```text
//! forward    cols[p, i, j, y, x] = plane[p, y · stride + i · dilation − padding, x · …]       0 outside of the plane
//! backward   dplane[p, u, v] = Σ dcols[p, i, j, y, x] of those that read it
//! ```
//!
//! `planes` are the items' channels, `[planes, height, width]`; `cols` is `[planes, kernel height, kernel width, out height, out width]`,
//! for each item the right-hand side of `weight · cols`. Places outside are found once for a row: what is between is copied whole, or
//! picked by its stride. A plane is a task, and its sums go by kernel element, so their order is fixed.

use crate::lanewise::update;
use crate::parallel::{Parallel, for_each_chunk};
use core::ops::Range;

/// Sizes along one axis.
#[derive(Clone, Copy)]
pub struct Axis {
    /// Elements of the input.
    pub len: usize,
    /// Elements of the kernel.
    pub kernel: usize,
    /// Elements of the output.
    pub out: usize,
    /// From an output's place to the next one's.
    pub stride: usize,
    /// Places before the first element; what is read behind the last one follows from `out`.
    pub padding: usize,
    /// From a kernel element's place to the next one's.
    pub dilation: usize,
}

impl Axis {
    /// The outputs for which kernel element `k` reads inside, and what the first of them reads.
    fn inside(&self, k: usize) -> (Range<usize>, usize) {
        let (before, reach) = (self.padding.saturating_sub(k * self.dilation), self.len + self.padding);
        let first = before.div_ceil(self.stride).min(self.out);
        let end = reach.saturating_sub(k * self.dilation).div_ceil(self.stride).clamp(first, self.out);
        (first..end, (first * self.stride + k * self.dilation).saturating_sub(self.padding))
    }
}

/// `cols` of `planes`.
pub fn forward(planes: &[f32], cols: &mut [f32], rows: Axis, columns: Axis, pool: &impl Parallel) {
    let (plane, taken) = (rows.len * columns.len, rows.kernel * columns.kernel * rows.out * columns.out);
    for_each_chunk(pool, cols, taken, taken / 2, |task, cols| {
        let x = &planes[task * plane..][..plane];
        let mut taps = cols.chunks_exact_mut(rows.out * columns.out);
        for i in 0..rows.kernel {
            for (j, tap) in (0..columns.kernel).zip(&mut taps) {
                take_tap(x, tap, rows, columns, [i, j]);
            }
        }
    });
}

fn take_tap(x: &[f32], tap: &mut [f32], rows: Axis, columns: Axis, [i, j]: [usize; 2]) {
    let ((inside, first_row), (within, first)) = (rows.inside(i), columns.inside(j));
    for (y, out) in tap.chunks_exact_mut(columns.out).enumerate() {
        if !inside.contains(&y) || within.is_empty() {
            out.fill(0.0);
            continue;
        }
        let x = &x[(first_row + (y - inside.start) * rows.stride) * columns.len + first..];
        out[..within.start].fill(0.0);
        out[within.end..].fill(0.0);
        let out = &mut out[within.clone()];
        if columns.stride == 1 {
            out.copy_from_slice(&x[..out.len()]);
        } else {
            out.iter_mut().zip(x.iter().step_by(columns.stride)).for_each(|(out, x)| *out = *x);
        }
    }
}

/// The gradient of `planes`.
pub fn backward(d_cols: &[f32], d_planes: &mut [f32], rows: Axis, columns: Axis, pool: &impl Parallel) {
    let (plane, taken) = (rows.len * columns.len, rows.kernel * columns.kernel * rows.out * columns.out);
    for_each_chunk(pool, d_planes, plane, taken / 2, |task, d_x| {
        d_x.fill(0.0);
        let mut taps = d_cols[task * taken..][..taken].chunks_exact((rows.out * columns.out).max(1));
        for i in 0..rows.kernel {
            for (j, tap) in (0..columns.kernel).zip(&mut taps) {
                return_tap(tap, d_x, rows, columns, [i, j]);
            }
        }
    });
}

fn return_tap(tap: &[f32], d_x: &mut [f32], rows: Axis, columns: Axis, [i, j]: [usize; 2]) {
    let ((inside, first_row), (within, first)) = (rows.inside(i), columns.inside(j));
    if within.is_empty() {
        return;
    }
    for y in inside.clone() {
        let d_out = &tap[y * columns.out..][within.clone()];
        let d_x = &mut d_x[(first_row + (y - inside.start) * rows.stride) * columns.len + first..];
        if columns.stride == 1 {
            update(&mut d_x[..d_out.len()], [d_out], |sum, [d]| sum + d);
        } else {
            d_x.iter_mut().step_by(columns.stride).zip(d_out).for_each(|(sum, d)| *sum += *d);
        }
    }
}

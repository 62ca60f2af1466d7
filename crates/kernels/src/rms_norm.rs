//! Over rows of `cols` elements (Zhang and Sennrich 2019):
//!
//! ```text
//! forward    rstd = 1 / √(Σ x² / cols + eps)      x̂ = x · rstd     y = x̂ · weight
//! backward   g = dy · weight                      dx = rstd · (g − x̂ · Σ g x̂ / cols)
//!            dweight = Σ_rows dy · x̂
//! ```
//!
//! Departures:
//!
//! - Squares of a row beyond 10¹⁸ overflow: such a row is scaled down by a power of two and summed again. Backward never squares `rstd`, so that
//!   its gradients survive too.
//! - A row stays in the first-level cache for its passes, two forward and three back. The gradient of `weight` is summed over groups of 64 rows, then over the
//!   groups, whatever the number of threads.

use crate::lanes::Lane;
use crate::lanewise::{COPY_TASK, map, rows_per_task, sum, update};
use crate::math::inverse_root;
use crate::parallel::{Parallel, for_each_chunks};
use crate::reduce::{GROUP, sum_groups};

/// Scales rows of `x` to a root mean square of 1, and saves each row's `rstd`.
pub fn forward(
    x: &[f32],
    weight: Option<&[f32]>,
    out: &mut [f32],
    rstd: &mut [f32],
    cols: usize,
    eps: f32,
    pool: &impl Parallel,
) {
    if cols == 0 {
        return rstd.fill(f32::NAN);
    }
    let together = rows_per_task(cols);
    let outs = [(out, together * cols), (rstd, together)];
    for_each_chunks(pool, outs, COPY_TASK.max(cols / 3), |task, [out, rstd]| {
        let x = &x[task * together * cols..][..out.len()];
        for ((x, out), rstd) in x.chunks_exact(cols).zip(out.chunks_exact_mut(cols)).zip(rstd) {
            *rstd = rstd_of(x, eps);
            let factor = Lane::splat(*rstd);
            match weight {
                Some(weight) => map([x, weight], out, |[x, weight]| x * factor * weight),
                None => map([x], out, |[x]| x * factor),
            }
        }
    });
}

fn rstd_of(x: &[f32], eps: f32) -> f32 {
    const DOWN: f32 = 8.470_329_5e-22; // 2⁻⁷⁰: exact
    let mean_square = mean_square_of(x, 1.0);
    if mean_square.is_finite() {
        return inverse_root(mean_square + eps);
    }
    // `eps` is nothing next to such a row.
    DOWN * inverse_root(mean_square_of(x, DOWN))
}

#[inline(never)] // for either scale, once
fn mean_square_of(x: &[f32], scale: f32) -> f32 {
    let scale = Lane::splat(scale);
    sum([x], |[x]| (x * scale) * (x * scale)) / x.len() as f32
}

/// Gradients of `x` and `weight`. `partials` `[ceil(rows / 64), cols]`.
pub fn backward(
    d_out: &[f32],
    x: &[f32],
    weight: Option<&[f32]>,
    rstd: &[f32],
    d_x: &mut [f32],
    d_weight: Option<&mut [f32]>,
    partials: &mut [f32],
    cols: usize,
    pool: &impl Parallel,
) {
    if cols == 0 {
        return;
    }
    let wanted = d_weight.is_some();
    for_each_chunks(pool, [(d_x, GROUP * cols), (&mut *partials, cols)], GROUP * cols * 2 / 3, |group, [d_x, partial]| {
        partial.fill(0.0);
        for (d_x, row) in d_x.chunks_exact_mut(cols).zip(group * GROUP..) {
            let (x, d_out) = (&x[row * cols..][..cols], &d_out[row * cols..][..cols]);
            let rstd = Lane::splat(rstd[row]);
            gradient_of_row(d_out, x, weight, rstd, d_x);
            if wanted {
                update(partial, [d_out, x], |sum, [dy, x]| dy.madd(x * rstd, sum));
            }
        }
    });
    if let Some(d_weight) = d_weight {
        sum_groups(partials, cols, 0, d_weight, pool);
    }
}

/// `g` is written to `d_x` first: one loop for rows with a weight and without.
fn gradient_of_row(d_out: &[f32], x: &[f32], weight: Option<&[f32]>, rstd: Lane, d_x: &mut [f32]) {
    match weight {
        Some(weight) => map([d_out, weight], d_x, |[dy, weight]| dy * weight),
        None => d_x.copy_from_slice(d_out),
    }
    let projection = sum([&*d_x, x], |[g, x]| g * (x * rstd)) / x.len() as f32;
    let less = Lane::splat(-projection);
    update(d_x, [x], |g, [x]| (x * rstd).madd(less, g) * rstd);
}

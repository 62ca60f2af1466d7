//! Over the middle of `[outer, len, inner]`:
//!
//! ```text
//! forward    yᵢ = x₀ + … + xᵢ
//! backward   dxᵢ = dyᵢ + … + dyₙ₋₁: the same, from the end
//! ```
//!
//! Running sums are float64, as PyTorch's are; an addition waits for the one before it either way.

use crate::lanewise::rows_per_task;
use crate::parallel::{Disjoint, Parallel, for_each_chunk};

/// Columns summed side by side.
const STRIP: usize = 64;
/// Rows summed side by side, where `inner` is 1: several chains of additions to wait for.
const TOGETHER: usize = 8;

/// `out[o, i, c] = Σ x[o, j, c]` over `j ≤ i`, or over `j ≥ i` if `backwards`.
pub fn cumsum(x: &[f32], out: &mut [f32], [len, inner]: [usize; 2], backwards: bool, pool: &impl Parallel) {
    if x.is_empty() {
        return;
    }
    if inner == 1 {
        let chunk = rows_per_task(len).next_multiple_of(TOGETHER) * len;
        return for_each_chunk(pool, out, chunk, chunk, |task, out| {
            let x = &x[task * chunk..][..out.len()];
            x.chunks(TOGETHER * len).zip(out.chunks_mut(TOGETHER * len)).for_each(|(x, out)| rows(x, out, len, backwards));
        });
    }
    let across = inner.div_ceil(STRIP);
    let all = x.len() / (len * inner) * across;
    let together = rows_per_task(len * inner.min(STRIP));
    let out = Disjoint::new(out);
    pool.for_each(all.div_ceil(together), together * len * inner.min(STRIP), &|task, _| {
        for strip in task * together..all.min((task + 1) * together) {
            let start = strip / across * len * inner + strip % across * STRIP;
            let width = STRIP.min(inner - strip % across * STRIP);
            let mut sums = [0.0_f64; STRIP];
            for i in 0..len {
                let at = start + if backwards { len - 1 - i } else { i } * inner;
                // SAFETY: only this task asks for rows of this strip, one at a time.
                #[allow(unsafe_code)]
                let out = unsafe { out.part(at..at + width) };
                for ((sum, &x), out) in sums.iter_mut().zip(&x[at..at + width]).zip(out) {
                    *sum += f64::from(x);
                    *out = *sum as f32;
                }
            }
        }
    });
}

fn rows(x: &[f32], out: &mut [f32], len: usize, backwards: bool) {
    let mut sums = [0.0_f64; TOGETHER];
    for i in 0..len {
        let at = if backwards { len - 1 - i } else { i };
        for (row, sum) in sums[..x.len() / len].iter_mut().enumerate() {
            *sum += f64::from(x[row * len + at]);
            out[row * len + at] = *sum as f32;
        }
    }
}

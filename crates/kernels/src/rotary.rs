//! Rotary positions (Su et al. 2021). A head's first `2 · pairs` channels are pairs, each a point in a plane that is turned by an angle
//! of its token, given as `cos` and `sin`; the channels behind them stay as they are:
//!
//! ```text
//! forward    y[i] = x[i] · cos − x[j] · sin      y[j] = x[j] · cos + x[i] · sin
//! backward   the same with −sin: a rotation's transpose turns back
//! ```
//!
//! Half-split, i and j are `pairs` apart; interleaved, they are neighbours. A head is too short for tasks, so that those are of whole
//! tokens.

use crate::lanes::{Lane, WIDTH};
use crate::lanewise::{COPY_TASK, map, rows_per_task};
use crate::parallel::{Parallel, for_each_chunk};

/// Which channels make a pair, and which way it is turned.
#[derive(Clone, Copy)]
pub struct Turn {
    /// Neighbours rather than halves.
    pub interleaved: bool,
    /// By −angle: the gradient's way.
    pub inverse: bool,
}

/// Turns `x` `[tokens, num_heads, head_dim]` into `out`. `cos` and `sin` are `[rows, pairs]`, one row per token, over again for each
/// item if there are fewer rows than tokens.
pub fn rotate(
    x: &[f32],
    cos: &[f32],
    sin: &[f32],
    out: &mut [f32],
    num_heads: usize,
    head_dim: usize,
    pairs: usize,
    turn: Turn,
    pool: &impl Parallel,
) {
    let token = num_heads * head_dim;
    if token == 0 {
        return;
    }
    let sign = Lane::splat(if turn.inverse { -1.0 } else { 1.0 });
    let rows = cos.len().checked_div(pairs).unwrap_or(1).max(1);
    let together = rows_per_task(token);
    for_each_chunk(pool, out, together * token, 2 * COPY_TASK.max(token / 3), |task, out| {
        for (out, at) in out.chunks_exact_mut(token).zip(task * together..) {
            let (cos, sin) = (&cos[at % rows * pairs..][..pairs], &sin[at % rows * pairs..][..pairs]);
            let heads = x[at * token..][..token].chunks_exact(head_dim).zip(out.chunks_exact_mut(head_dim));
            for (x, out) in heads {
                let ((x, rest), (out, rest_out)) = (x.split_at(2 * pairs), out.split_at_mut(2 * pairs));
                if turn.interleaved { neighbours(x, cos, sin, out, sign) } else { halves(x, cos, sin, out, sign) }
                rest_out.copy_from_slice(rest);
            }
        }
    });
}

#[inline(always)]
fn halves(x: &[f32], cos: &[f32], sin: &[f32], out: &mut [f32], sign: Lane) {
    let ((a, b), (out_a, out_b)) = (x.split_at(cos.len()), out.split_at_mut(cos.len()));
    map([a, b, cos, sin], out_a, |[a, b, cos, sin]| turned(a, b, cos, sin * sign).0);
    map([a, b, cos, sin], out_b, |[a, b, cos, sin]| turned(a, b, cos, sin * sign).1);
}

/// Four pairs at a time: two lanes taken apart into first and second channels, and put together again.
#[inline(always)]
fn neighbours(x: &[f32], cos: &[f32], sin: &[f32], out: &mut [f32], sign: Lane) {
    let (wholes, tail) = x.as_chunks::<{ 2 * WIDTH }>();
    let (whole_outs, tail_out) = out.as_chunks_mut::<{ 2 * WIDTH }>();
    let ((cosines, tail_cos), (sines, tail_sin)) = (cos.as_chunks::<WIDTH>(), sin.as_chunks::<WIDTH>());
    for ((x, out), (cos, sin)) in wholes.iter().zip(whole_outs).zip(cosines.iter().zip(sines)) {
        *out = turned_neighbours(x, Lane::from_array(*cos), Lane::from_array(*sin) * sign);
    }
    if !tail.is_empty() {
        let mut filled = [0.0; 2 * WIDTH];
        filled[..tail.len()].copy_from_slice(tail);
        let (cos, sin) = (Lane::load_partial(tail_cos, 0.0), Lane::load_partial(tail_sin, 0.0));
        tail_out.copy_from_slice(&turned_neighbours(&filled, cos, sin * sign)[..tail.len()]);
    }
}

#[inline(always)]
fn turned_neighbours(&[a0, b0, a1, b1, a2, b2, a3, b3]: &[f32; 2 * WIDTH], cos: Lane, sin: Lane) -> [f32; 2 * WIDTH] {
    let (a, b) = turned(Lane::from_array([a0, a1, a2, a3]), Lane::from_array([b0, b1, b2, b3]), cos, sin);
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (a.to_array(), b.to_array());
    [a0, b0, a1, b1, a2, b2, a3, b3]
}

#[inline(always)]
fn turned(a: Lane, b: Lane, cos: Lane, sin: Lane) -> (Lane, Lane) {
    (a.madd(cos, -(b * sin)), b.madd(cos, a * sin))
}

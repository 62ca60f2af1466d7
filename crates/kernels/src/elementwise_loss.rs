//! What an element `x` and its target `t` cost, and the slopes of that:
//!
//! ```text
//!                 loss                                          slope in x                   slope in t
//! 0 bent          s · m (d − m / 2), d = |x − t|, m = min(d, β) s · clamp(x − t, ±β)         minus that
//! 1 absolute      |x − t|                                       sign(x − t)                  minus that
//! 2 kl            t (ln t − x)                                  −t                           ln t − x + 1
//! 3 kl of log     eᵗ (t − x)                                    −eᵗ                          eᵗ (t − x + 1)
//! 4 logits        p t · s(−x) + (1 − t) · s(x)                  (1 − t) σ(x) − p t · σ(−x)   p · s(−x) − s(x)
//! 5 probability   −t ln x − (1 − t) ln(1 − x)                   (x − t) / (x (1 − x))        ln(1 − x) − ln x
//! ```
//!
//! - `bent` is Huber's loss with s = 1, smooth L1 with s = 1 / β, and the squared error with s = 2 and β = ∞.
//! - Where `t` is 0, or eᵗ is, both kinds of `kl` are 0 whatever `x` is: 0 · ln 0 counts as 0.
//! - `logits` is the cross-entropy of σ(x), with `p` the weight of the positive side; `s(x) = ln(1 + eˣ)` and `σ` come from `e^−|x|`, so
//!   nothing overflows, and nothing cancels where the answer is right and the loss nearly 0.
//! - `probability` is the same of `x = σ`. Logarithms stop at −100 and the denominator at 1e-12, as PyTorch's do.
//!
//! Each loss may be weighted. Blocks of 1,024 stay in the first-level cache on their way from exponentials and logarithms (two loops
//! for all kinds: inlined into each they took three times the code) to the losses, their weights and their sum, so a mean reads `x`
//! and `t` once and writes next to nothing.

use crate::lanes::Lane;
use crate::lanewise::{EXP_TASK, TASK, Whole, map_whole, update, whole};
use crate::math::{exp, ln};
use crate::parallel::{Parallel, for_each_chunk, for_each_chunks};
use crate::reduce::sum_of_block;

/// Losses that are added up into one partial sum.
pub const PARTIAL: usize = 4096;
/// Elements that go through the loops at a time.
const BLOCK: usize = 1024;

/// One of the table above.
pub struct Loss<'a> {
    /// Its number.
    pub kind: i32,
    /// `β` of `bent`.
    pub beta: f32,
    /// `s` of `bent`.
    pub scale: f32,
    /// `p` of `logits`, repeated as often as it goes into `x`; 1 if there is none.
    pub positive: Option<&'a [f32]>,
    /// What each loss counts, repeated likewise.
    pub weights: Option<&'a [f32]>,
}

/// Each element's loss, the sums of blocks of 4,096 of them, or both.
pub fn forward(
    x: &[f32],
    target: &[f32],
    losses: Option<&mut [f32]>,
    partials: Option<&mut [f32]>,
    loss: &Loss,
    pool: &impl Parallel,
) {
    let (losses, partials) = (losses.unwrap_or_default(), partials.unwrap_or_default());
    for_each_chunks(pool, [(losses, TASK), (partials, TASK / PARTIAL)], 2 * EXP_TASK, |task, [losses, partials]| {
        let (mut out, mut buffers) = ([0.0; BLOCK], Buffers::new());
        let mut partials = partials.iter_mut();
        for start in (task * TASK..x.len().min((task + 1) * TASK)).step_by(PARTIAL) {
            let mut total = 0.0;
            for at in (start..x.len().min(start + PARTIAL)).step_by(BLOCK) {
                let block = at..x.len().min(at + BLOCK);
                let out = &mut out[..block.len()];
                loss.losses(&x[block.clone()], &target[block.clone()], at, &mut buffers, out);
                total += sum_of_block(out);
                if !losses.is_empty() {
                    losses[at - task * TASK..][..block.len()].copy_from_slice(out);
                }
            }
            if let Some(partial) = partials.next() {
                *partial = total;
            }
        }
    });
}

/// `d` is the slope of each loss in `x`, or in the target, times its gradient: one of `d_losses`, else `d_loss` for all.
pub fn backward(
    x: &[f32],
    target: &[f32],
    d_losses: Option<&[f32]>,
    d_loss: f32,
    d: &mut [f32],
    of_target: bool,
    loss: &Loss,
    pool: &impl Parallel,
) {
    for_each_chunk(pool, d, TASK, 2 * EXP_TASK, |task, d| {
        let mut buffers = Buffers::new();
        for (i, d) in d.chunks_mut(BLOCK).enumerate() {
            let at = task * TASK + i * BLOCK;
            loss.slopes(&x[at..][..d.len()], &target[at..][..d.len()], at, of_target, &mut buffers, d);
            let all_alike = &mut buffers.c[..d.len()];
            all_alike.fill(d_loss);
            multiply(d, d_losses.map_or(all_alike, |d_losses| &d_losses[at..][..d.len()]));
        }
    });
}

/// What the kinds are made of, for one block: `p`; `a` and `b` by [`Loss::prepare`]; `c` on the way there.
struct Buffers {
    p: [f32; BLOCK],
    a: [f32; BLOCK],
    b: [f32; BLOCK],
    c: [f32; BLOCK],
}

impl Buffers {
    fn new() -> Self {
        Self { p: [1.0; BLOCK], a: [0.0; BLOCK], b: [0.0; BLOCK], c: [0.0; BLOCK] }
    }
}

impl Loss<'_> {
    /// Of at most [`BLOCK`] elements, the first of which is number `at`.
    fn losses(&self, x: &[f32], t: &[f32], at: usize, buffers: &mut Buffers, out: &mut [f32]) {
        let (one, half) = (Lane::splat(1.0), Lane::splat(0.5));
        let (beta, scale) = (Lane::splat(self.beta), Lane::splat(self.scale));
        let bent = |[x, t, ..]: [Lane; 5]| {
            let distance = (x - t).abs();
            let bent = distance.min(beta);
            bent * (distance - bent * half) * scale
        };
        let of_logits = |[x, t, p, e, ln]: [Lane; 5]| {
            let [up, down] = softplus(x, e, ln);
            p * t * down + (one - t) * up
        };
        self.prepare(x, t, true, buffers);
        self.each(x, t, at, buffers, out, |run| match self.kind {
            0 => run(&whole(bent)),
            1 => run(&whole(|[x, t, _, _, _]| (x - t).abs())),
            2 => run(&whole(|[x, t, _, ln_t, _]| or_zero(t, t * (ln_t - x)))),
            3 => run(&whole(|[x, t, _, exp_t, _]| or_zero(exp_t, exp_t * (t - x)))),
            4 => run(&whole(of_logits)),
            5 => run(&whole(|[_, t, _, yes, no]| -(t * bounded(yes) + (one - t) * bounded(no)))),
            _ => panic!("elementwise_loss: there is no such kind"),
        });
    }

    /// Likewise.
    fn slopes(&self, x: &[f32], t: &[f32], at: usize, of_target: bool, buffers: &mut Buffers, out: &mut [f32]) {
        let (one, zero) = (Lane::splat(1.0), Lane::zero());
        let (beta, scale) = (Lane::splat(self.beta), Lane::splat(self.scale));
        let sign = |[x, t, ..]: [Lane; 5]| zero.lt(x - t).select(one, (x - t).lt(zero).select(-one, x - t));
        let of_logits = |[x, t, p, e, _]: [Lane; 5]| {
            let [up, down] = sigmoid(x, e);
            (one - t) * up - p * t * down
        };
        let of_logits_target = |[x, _, p, e, ln]: [Lane; 5]| {
            let [up, down] = softplus(x, e, ln);
            p * down - up
        };
        // A difference is the other way round for the target.
        let (x, t) = if of_target && self.kind < 2 { (t, x) } else { (x, t) };
        self.prepare(x, t, of_target, buffers);
        self.each(x, t, at, buffers, out, |run| match (self.kind, of_target) {
            (0, _) => run(&whole(|[x, t, _, _, _]| (x - t).max(-beta).min(beta) * scale)),
            (1, _) => run(&whole(sign)),
            (2, false) => run(&whole(|[_, t, _, _, _]| -t)),
            (2, true) => run(&whole(|[x, _, _, ln_t, _]| ln_t - x + one)),
            (3, false) => run(&whole(|[_, _, _, exp_t, _]| -exp_t)),
            (3, true) => run(&whole(|[x, t, _, exp_t, _]| or_zero(exp_t, exp_t * (t - x + one)))),
            (4, false) => run(&whole(of_logits)),
            (4, true) => run(&whole(of_logits_target)),
            (5, false) => run(&whole(|[x, t, _, _, _]| (x - t) / (x * (one - x)).max(Lane::splat(1e-12)))),
            (5, true) => run(&whole(|[_, _, _, yes, no]| bounded(no) - bounded(yes))),
            _ => panic!("elementwise_loss: there is no such kind"),
        });
    }

    /// `a` and `b`: `ln t` of kind 2, `eᵗ` of kind 3, `e^−|x|` and `ln(1 + a)` of kind 4, `ln x` and `ln(1 − x)` of kind 5. The slope in
    /// `x` needs no logarithm.
    fn prepare(&self, x: &[f32], t: &[f32], logarithms: bool, buffers: &mut Buffers) {
        let Buffers { a, b, c, .. } = buffers;
        let [a, b, c] = [a, b, c].map(|buffer| &mut buffer[..x.len()]);
        let one = Lane::splat(1.0);
        let logarithm: &dyn Whole<1> = &whole(|[x]| ln(x));
        let exponential: &dyn Whole<1> = &whole(|[x]| exp(x));
        match (self.kind, logarithms) {
            (2, true) => map_whole([t], a, logarithm),
            (3, _) => map_whole([t], a, exponential),
            (4, _) => {
                map_whole([x], c, &whole(|[x]| -x.abs()));
                map_whole([c], a, exponential);
                if logarithms {
                    map_whole([a], c, &whole(|[e]| one + e));
                    map_whole([c], b, logarithm);
                }
            }
            (5, true) => {
                map_whole([x], a, logarithm);
                map_whole([x], c, &whole(|[x]| one - x));
                map_whole([c], b, logarithm);
            }
            _ => {}
        }
    }

    /// Runs the loop that `choose` picks over `x`, `t`, `p`, `a` and `b`, then weighs what it gave.
    #[inline(always)]
    fn each(
        &self,
        x: &[f32],
        t: &[f32],
        at: usize,
        buffers: &mut Buffers,
        out: &mut [f32],
        choose: impl Fn(&mut dyn FnMut(&dyn Whole<5>)),
    ) {
        let Buffers { p, a, b, c } = buffers;
        if let Some(positive) = self.positive {
            repeat(positive, at, &mut p[..out.len()]);
        }
        choose(&mut |each| map_whole([x, t, &p[..out.len()], &a[..out.len()], &b[..out.len()]], out, each));
        if let Some(weights) = self.weights {
            repeat(weights, at, &mut c[..out.len()]);
            multiply(out, &c[..out.len()]);
        }
    }
}

/// `out[i] = values[(from + i) mod their number]`.
fn repeat(values: &[f32], from: usize, mut out: &mut [f32]) {
    let mut at = from % values.len();
    while !out.is_empty() {
        let (now, rest) = out.split_at_mut(out.len().min(values.len() - at));
        now.copy_from_slice(&values[at..][..now.len()]);
        (out, at) = (rest, 0);
    }
}

#[inline(never)]
fn multiply(out: &mut [f32], by: &[f32]) {
    update(out, [by], |out, [by]| out * by);
}

/// `value`, but 0 where `factor` is, even if `value` is NaN there.
#[inline(always)]
fn or_zero(factor: Lane, value: Lane) -> Lane {
    Lane::zero().lt(factor.abs()).select(value, factor)
}

/// `[ln(1 + eˣ), ln(1 + e⁻ˣ)]` from `e = e^−|x|` and `ln(1 + e)`, which gets back as a factor what `1 + e` has rounded away.
#[inline(always)]
fn softplus(x: Lane, e: Lane, ln: Lane) -> [Lane; 2] {
    let kept = (Lane::splat(1.0) + e) - Lane::splat(1.0);
    let rest = Lane::zero().lt(kept).select(ln * (e / kept), e);
    [x.max(Lane::zero()) + rest, (-x).max(Lane::zero()) + rest]
}

/// `[σ(x), σ(−x)]` from `e = e^−|x|`.
#[inline(always)]
fn sigmoid(x: Lane, e: Lane) -> [Lane; 2] {
    let large = Lane::splat(1.0) / (Lane::splat(1.0) + e);
    let positive = Lane::zero().lt(x);
    [positive.select(large, e * large), positive.select(e * large, large)]
}

#[inline(always)]
fn bounded(ln: Lane) -> Lane {
    ln.max(Lane::splat(-100.0))
}

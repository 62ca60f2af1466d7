//! Connectionist temporal classification (Graves et al. 2006): −ln of the probability that the labels drawn in each frame become the
//! target, once repeats are merged and then blanks dropped. `y` are each frame's log-probabilities.
//!
//! ```text
//! states     l = blank, target₁, blank, target₂, …, blank                       S = 2 · length + 1 of them
//! forward    α[0, s] = y[0, lₛ] for the first two states, −∞ for the others
//!            α[t, s] = y[t, lₛ] + logsum(α[t−1, s], α[t−1, s−1], α[t−1, s−2] if lₛ is no blank and not lₛ₋₂)
//!            loss = −logsum(α[T−1, S−1], α[T−1, S−2])
//! backward   β[T−1, s] = 0 for the last two states, −∞ for the others
//!            β[t, s] = logsum over the states s′ that follow s of β[t+1, s′] + y[t+1, lₛ′]
//!            γ[t, s] = e^(α[t, s] + β[t, s]) / Σₛ                               the share of paths that are there then
//!            dy[t, c] = −dloss · Σ γ[t, s] over the states of class c
//! ```
//!
//! Departures:
//!
//! - In every frame α and β are moved so that the largest is 0, and the loss is the sum of the moves, in float64: at −1,500, which a
//!   few hundred frames reach, float32 has four digits after the point left.
//! - γ is divided by its own sum over the frame, so backward needs neither the loss nor the moves.
//! - Two places in front of the states hold −∞, so that s−1 and s−2 need no condition; behind them when going back.
//!
//! A target that cannot be (too long for its frames) has loss ∞ and gradient 0. Frames beyond an item's own get gradient 0.

use crate::lanes::Lane;
use crate::lanewise::{largest, map_whole, update, whole};
use crate::math::{Powers, ln};
use crate::parallel::{Parallel, for_each_chunks};
use crate::softmax;

const NEVER: f32 = f32::NEG_INFINITY;

/// Sizes of a batch.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Frames of each item, padding included.
    pub frames: usize,
    /// Classes, the blank among them.
    pub classes: usize,
    /// Labels of each target, padding included.
    pub target_len: usize,
    /// The class that is dropped.
    pub blank: i32,
}

/// A batch: `log_probs` `[batch, frames, classes]`, `targets` `[batch, target_len]`, and how much of both counts.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    /// See above.
    pub log_probs: &'a [f32],
    /// See above.
    pub targets: &'a [i32],
    /// Frames that count, by item.
    pub input_lengths: &'a [i32],
    /// Labels that count, by item.
    pub target_lengths: &'a [i32],
}

/// One loss per item; `alphas` `[batch, frames, 2 · target_len + 3]` for backward. `scratch` `[batch, 3, 2 · target_len + 3]`.
pub fn forward(shape: Shape, batch: Batch, losses: &mut [f32], alphas: &mut [f32], scratch: &mut [f32], pool: &impl Parallel) {
    let outs = [(losses, 1), (alphas, shape.frames * shape.width()), (scratch, 3 * shape.width())];
    for_each_chunks(pool, outs, shape.nanoseconds(), |i, [loss, alphas, scratch]| {
        loss[0] = Item::new(shape, batch, i).forward(alphas, scratch);
    });
}

/// `d_log_probs` from the gradient of each loss. `scratch` `[batch, 6, 2 · target_len + 3]`.
pub fn backward(
    shape: Shape,
    batch: Batch,
    alphas: &[f32],
    d_losses: &[f32],
    d_log_probs: &mut [f32],
    scratch: &mut [f32],
    pool: &impl Parallel,
) {
    let item_len = shape.frames * shape.width();
    let outs = [(d_log_probs, shape.frames * shape.classes), (scratch, 6 * shape.width())];
    for_each_chunks(pool, outs, 2 * shape.nanoseconds(), |i, [d_log_probs, scratch]| {
        d_log_probs.fill(0.0);
        let item = Item::new(shape, batch, i);
        item.backward(&alphas[i * item_len..][..item_len], d_losses[i], d_log_probs, scratch);
    });
}

impl Shape {
    /// Two places and the states of the longest target.
    fn width(&self) -> usize {
        2 * self.target_len + 3
    }

    /// An item's time: 10 ns a state (Node 24, a shared Xeon core, 2026-11).
    fn nanoseconds(&self) -> usize {
        10 * self.frames * self.width()
    }
}

struct Item<'a> {
    /// Of its own frames.
    log_probs: &'a [f32],
    labels: &'a [i32],
    frames: usize,
    states: usize,
    shape: Shape,
}

impl<'a> Item<'a> {
    fn new(shape: Shape, batch: Batch<'a>, i: usize) -> Self {
        let Shape { frames, classes, target_len, .. } = shape;
        let (own, length) = (batch.input_lengths[i] as usize, batch.target_lengths[i] as usize);
        let log_probs = &batch.log_probs[i * frames * classes..][..own * classes];
        let labels = &batch.targets[i * target_len..][..length];
        Self { log_probs, labels, frames: own, states: 2 * length + 1, shape }
    }

    fn forward(&self, alphas: &mut [f32], scratch: &mut [f32]) -> f32 {
        let (width, states) = (self.shape.width(), self.states);
        let [skips, emissions, leap] = rows(scratch, width).map(|row: &mut [f32]| &mut row[..states]);
        self.skips(skips);
        alphas.fill(NEVER);
        let mut total = 0.0_f64;
        for t in 0..self.frames {
            self.emissions(t, emissions);
            let (before, now) = alphas.split_at_mut(t * width);
            let now = &mut now[2..][..states];
            if t == 0 {
                let first = states.min(2);
                now[..first].copy_from_slice(&emissions[..first]);
            } else {
                let before = &before[(t - 1) * width..];
                add(before, skips, leap);
                log_sums([&before[2..], &before[1..], leap], now);
                add_to(now, emissions);
            }
            total += centre(now) as f64;
        }
        let Some(last) = self.frames.checked_sub(1) else {
            return if self.labels.is_empty() { 0.0 } else { f32::INFINITY };
        };
        let ends = &alphas[last * width + states..];
        let mut rest = [0.0];
        log_sums([ends, &ends[1..], &[NEVER]], &mut rest);
        -(total + rest[0] as f64) as f32
    }

    /// Into `d`, which is 0.
    fn backward(&self, alphas: &[f32], d_loss: f32, d: &mut [f32], scratch: &mut [f32]) {
        let (width, states, classes) = (self.shape.width(), self.states, self.shape.classes);
        let [skips, emissions, both, gamma, beta, leap] = rows(scratch, width);
        let [skips, emissions, both, gamma] = [skips, emissions, both, gamma].map(|row| &mut row[..states]);
        self.skips(skips);
        beta.fill(NEVER);
        leap.fill(NEVER);
        beta[states.saturating_sub(2)..states].fill(0.0);
        let powers = Powers::held();
        for t in (0..self.frames).rev() {
            add(&alphas[t * width + 2..], beta, both);
            if largest(both) == NEVER {
                return;
            }
            softmax::forward_row(both, gamma, &powers);
            for (s, gamma) in gamma.iter().enumerate() {
                d[t * classes + self.class(s)] -= d_loss * gamma;
            }

            self.emissions(t, emissions);
            add_to(&mut beta[..states], emissions);
            add(beta, skips, &mut leap[..states]);
            log_sums([beta, &beta[1..], &leap[2..]], both);
            centre(both);
            beta[..states].copy_from_slice(both);
        }
    }

    /// 0 for states that may follow the one before last, −∞ for the others.
    fn skips(&self, out: &mut [f32]) {
        for (s, out) in out.iter_mut().enumerate() {
            let skips = s % 2 == 1 && s > 1 && self.labels[s / 2] != self.labels[s / 2 - 1];
            *out = if skips { 0.0 } else { NEVER };
        }
    }

    /// The class of a state.
    fn class(&self, state: usize) -> usize {
        (if state % 2 == 1 { self.labels[state / 2] } else { self.shape.blank }) as usize
    }

    /// Log-probabilities of the states' classes in frame `t`.
    fn emissions(&self, t: usize, out: &mut [f32]) {
        let y = &self.log_probs[t * self.shape.classes..][..self.shape.classes];
        for (s, out) in out.iter_mut().enumerate() {
            *out = y[self.class(s)];
        }
    }
}

/// Rows of `width`, one after the other.
fn rows<const N: usize>(scratch: &mut [f32], width: usize) -> [&mut [f32]; N] {
    let mut rows = scratch.chunks_exact_mut(width);
    core::array::from_fn(|_| rows.next().expect("scratch holds that many rows"))
}

/// Moves `x` so that its largest is 0; gives what that was.
fn centre(x: &mut [f32]) -> f32 {
    let max = largest(x);
    if max != NEVER {
        update(x, [], |x, []| x - Lane::splat(max));
    }
    max
}

/// `out = a + b`, as far as `out` reaches.
fn add(a: &[f32], b: &[f32], out: &mut [f32]) {
    out.copy_from_slice(&a[..out.len()]);
    add_to(out, b);
}

#[inline(never)]
fn add_to(out: &mut [f32], b: &[f32]) {
    update(out, [b], |out, [b]| out + b);
}

/// `out = ln(eᵃ + eᵇ + eᶜ)`. Not inlined: it is the larger part of both directions.
#[inline(never)]
fn log_sums(abc: [&[f32]; 3], out: &mut [f32]) {
    let powers = Powers::held();
    let each = whole(|[a, b, c]| {
        // Not −∞: the difference of two is NaN.
        let max = a.max(b).max(c).max(Lane::splat(f32::MIN));
        max + ln(powers.of_e(a - max) + powers.of_e(b - max) + powers.of_e(c - max))
    });
    map_whole(abc.map(|x| &x[..out.len()]), out, &each);
}

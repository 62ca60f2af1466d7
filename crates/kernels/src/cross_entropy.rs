//! Per row of logits `x` with label `l`, class weights `w` (1 if there are none) and smoothing `s`, as PyTorch has it:
//!
//! ```text
//! forward    lse = max + ln Σ e^(x − max)
//!            loss = (1 − s) · w[l] · (lse − x[l]) + s / cols · Σ_c w[c] · (lse − x[c])
//! backward   p = e^(x − lse)
//!            dx[c] = dloss · (p[c] · ((1 − s) · w[l] + s / cols · Σ w) − s / cols · w[c] − [c = l] · (1 − s) · w[l])
//! ```
//!
//! and 0, both ways, where the label is `ignore_index`, whatever the logits. What to divide a mean by is the caller's business.
//!
//! Departures:
//!
//! - Forward reads a row once: blocks of 1,024 keep a running maximum and a sum that is rescaled when the maximum moves, as in online
//!   softmax (Milakov and Gimelshein 2018). A row of 50,000 logits does not fit the first-level cache.
//! - Losses are sums of `ln Σ` and `max − x`, both exact to their own size, and never differences from `lse`, which at logits around
//!   10⁴ has lost three digits.
//! - So backward divides p by its own sum, and the error of `lse` cancels.

use crate::lanes::Lane;
use crate::lanewise::{EXP_TASK, largest, map, map_and_sum, rows_per_task, sum, sums, update};
use crate::math::{Powers, exp1, ln1};
use crate::parallel::{Parallel, for_each_chunk, for_each_chunks};

/// Up to here half a unit of the last place of `lse` is 4.8e-7 of each probability.
const LSE_IS_PRECISE: f32 = 16.0;
/// Logits read at a time.
const BLOCK: usize = 1024;

/// One loss and one `lse` per row.
pub fn forward(
    logits: &[f32],
    labels: &[i32],
    class_weights: Option<&[f32]>,
    losses: &mut [f32],
    lse: &mut [f32],
    cols: usize,
    ignore_index: i32,
    smoothing: f32,
    pool: &impl Parallel,
) {
    let classes = Classes::new(class_weights, cols, smoothing);
    let together = rows_per_task(cols);
    for_each_chunks(pool, [(losses, together), (lse, together)], EXP_TASK.max(cols), |task, [losses, lse]| {
        let powers = Powers::held();
        for ((loss, lse), row) in losses.iter_mut().zip(lse).zip(task * together..) {
            let x = &logits[row * cols..][..cols];
            let (max, log_sum) = log_sum_exp(x, &powers);
            *lse = max + log_sum;
            *loss = if labels[row] == ignore_index { 0.0 } else { classes.loss(x, label(labels[row], cols), max, log_sum) };
        }
    });
}

/// `d_logits` from the gradient of each row's loss.
pub fn backward(
    logits: &[f32],
    labels: &[i32],
    class_weights: Option<&[f32]>,
    lse: &[f32],
    d_losses: &[f32],
    d_logits: &mut [f32],
    cols: usize,
    ignore_index: i32,
    smoothing: f32,
    pool: &impl Parallel,
) {
    let classes = Classes::new(class_weights, cols, smoothing);
    let together = rows_per_task(cols);
    for_each_chunk(pool, d_logits, together * cols.max(1), EXP_TASK.max(cols), |task, d_logits| {
        let powers = Powers::held();
        for (d_x, row) in d_logits.chunks_exact_mut(cols).zip(task * together..) {
            if labels[row] == ignore_index {
                d_x.fill(0.0);
            } else {
                let x = &logits[row * cols..][..cols];
                classes.gradient(x, label(labels[row], cols), lse[row], d_losses[row], d_x, &powers);
            }
        }
    });
}

/// Weights and smoothing, the same for every row.
struct Classes<'a> {
    weights: Option<&'a [f32]>,
    /// `Σ w`.
    total: f32,
    /// `1 − s`.
    hard: f32,
    /// `s / cols`.
    smooth: f32,
}

impl<'a> Classes<'a> {
    fn new(weights: Option<&'a [f32]>, cols: usize, smoothing: f32) -> Self {
        let total = weights.map_or(cols as f32, |weights| sum([weights], |[w]| w));
        Self { weights, total, hard: 1.0 - smoothing, smooth: smoothing / cols as f32 }
    }

    /// `(1 − s) · w[label]`.
    fn hard_weight(&self, label: usize) -> f32 {
        self.hard * self.weights.map_or(1.0, |weights| weights[label])
    }

    fn loss(&self, x: &[f32], label: usize, max: f32, log_sum: f32) -> f32 {
        let hard = self.hard_weight(label) * (log_sum + (max - x[label]));
        if self.smooth == 0.0 {
            return hard;
        }
        let max = Lane::splat(max);
        let below_max = match self.weights {
            Some(weights) => sum([x, weights], |[x, w]| w * (max - x)),
            None => sum([x], |[x]| max - x),
        };
        hard + self.smooth * (self.total * log_sum + below_max)
    }

    fn gradient(&self, x: &[f32], label: usize, lse: f32, d_loss: f32, d_x: &mut [f32], powers: &Powers) {
        let near_lse = Lane::splat(lse);
        let hard = self.hard_weight(label);
        let scale = d_loss * (hard + self.smooth * self.total);
        let minus_smooth = Lane::splat(-d_loss * self.smooth);
        if lse.abs() <= LSE_IS_PRECISE {
            let scale = Lane::splat(scale);
            match self.weights {
                Some(weights) => map([x, weights], d_x, |[x, w]| powers.of_e(x - near_lse).madd(scale, minus_smooth * w)),
                None => map([x], d_x, |[x]| powers.of_e(x - near_lse).madd(scale, minus_smooth)),
            }
        } else {
            let scale = Lane::splat(scale / map_and_sum(x, d_x, |x| powers.of_e(x - near_lse)));
            match self.weights {
                Some(weights) => update(d_x, [weights], |e, [w]| e.madd(scale, minus_smooth * w)),
                None => update(d_x, [], |e, []| e.madd(scale, minus_smooth)),
            }
        }
        d_x[label] -= d_loss * hard;
    }
}

/// `(max, ln Σ e^(x − max))`, over blocks.
fn log_sum_exp(x: &[f32], powers: &Powers) -> (f32, f32) {
    let (mut max, mut total) = (f32::NEG_INFINITY, 0.0);
    for block in x.chunks(BLOCK) {
        let now = largest(block).max(max);
        // Nothing but −∞ so far: any finite number will do to take off.
        let taken_off = Lane::splat(if now == f32::NEG_INFINITY { 0.0 } else { now });
        let before = if now == max { total } else { total * exp1(max - now) };
        let [sum] = sums::<2, _, _>([block], |[sum], [x]| [sum + powers.of_e(x - taken_off)]);
        total = before + sum;
        max = now;
    }
    (max, ln1(total))
}

fn label(label: i32, cols: usize) -> usize {
    assert!((0..cols as i64).contains(&(label as i64)), "cross_entropy: label outside the classes");
    label as usize
}

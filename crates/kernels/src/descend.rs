//! One pass of an optimizer over its parameters, in one form that most of them are a case of:
//!
//! ```text
//! g     ← sign · grad + l2 · param                             decay that goes through the gradient
//! move  ← from_m · m + from_grad · g                           of m before this step
//! m     ← keep_m · m + gain_m · g                              moments, where there are any
//! v     ← keep_v · v + gain_v · g²
//! peak  ← max(peak, v)
//! move  ← move / (√(scale_v · spread) + eps)                   spread = peak, or v − center · m²
//! param ← param − (decay · param + rate · move)                decay that does not; signed: rate · sign(move)
//! ```
//!
//! | optimizer | its own |
//! | --- | --- |
//! | SGD | no v; `m` is the momentum's buffer. Nesterov: `from_m = μ²` |
//! | Adam, AdamW (Kingma and Ba 2015; Loshchilov and Hutter 2019), with `peak` AMSGrad | `from_m = keep_m = β₁`, `scale_v = 1 / (1 − β₂ᵗ)`, `rate = lr / (1 − β₁ᵗ)` |
//! | NAdam, RAdam | other `from_m`, `from_grad` and `rate` |
//! | Adagrad, RMSprop | no m, or for `center = 1` the mean of the gradients |
//! | Lion (Chen et al. 2023) | no v, signed |
//! | a mean of weights | `grad` is what is averaged: `decay = 1 − d`, `rate = d − 1` |
//!
//! For the sake of rounding decay and step are added up before they are taken from `param`: a factor `1 − decay` of 0.99999 would carry a
//! float32 error of 3e-8 into every step, always in the same direction: 3e-5 after 1,000 steps, where this is within 2e-6 of float64.
//!
//! No gradient: this is the end of the line.

use crate::lanes::{Lane, LaneMask, WIDTH};
use crate::lanewise::{EXP_TASK, TASK};
use crate::parallel::{Parallel, for_each_chunks};

/// One step's constants; see the top of this file.
#[allow(missing_docs)]
pub struct Step {
    pub sign: f32,
    pub l2: f32,
    pub from_m: f32,
    pub from_grad: f32,
    pub keep_m: f32,
    pub gain_m: f32,
    pub keep_v: f32,
    pub gain_v: f32,
    pub center: f32,
    pub scale_v: f32,
    pub eps: f32,
    pub rate: f32,
    pub decay: f32,
    pub signed: bool,
}

impl Step {
    /// Adam and AdamW, by far the most used: what they leave out makes their loop one of its own worth while, twice as fast as the one that covers all.
    fn is_adam(&self) -> bool {
        (self.sign, self.l2, self.center) == (1.0, 0.0, 0.0) && (self.from_m, self.from_grad) == (self.keep_m, self.gain_m)
    }
}

/// What an optimizer remembers of each parameter. A `peak` needs an `m` and a `v`.
pub struct Moments<'a> {
    /// Mean of gradients.
    pub m: Option<&'a mut [f32]>,
    /// Mean of their squares.
    pub v: Option<&'a mut [f32]>,
    /// Largest `v` so far.
    pub peak: Option<&'a mut [f32]>,
}

/// Moves `param` one step, and the moments with it.
pub fn step(param: &mut [f32], grad: &[f32], moments: Moments, step: &Step, pool: &impl Parallel) {
    let lanes = Lanes::of(step);
    let kept = [moments.m.is_some(), moments.v.is_some(), moments.peak.is_some()];
    let to = [Some(param), moments.m, moments.v, moments.peak].map(Option::unwrap_or_default);
    match kept {
        [true, true, true] => over(pool, to, grad, &|to, grad| {
            each(to, grad, |[param, m, v, peak], grad| {
                let g = lanes.gradient(param, grad);
                let (m, towards) = lanes.momentum(m, g);
                let v = lanes.spread(v, g);
                let peak = peak.max(v);
                [lanes.moved(param, lanes.adapted(towards, peak)), m, v, peak]
            });
        }),
        [true, true, false] if step.is_adam() => over(pool, to, grad, &|[param, m, v, _], grad| {
            let Lanes { keep_m, gain_m, keep_v, gain_v, root, eps, rate, decay, .. } = lanes;
            each([param, m, v], grad, |[param, m, v], grad| {
                let m = m.madd(keep_m, gain_m * grad);
                let v = v.madd(keep_v, grad * grad * gain_v);
                let towards = m / v.sqrt().madd(root, eps);
                [param - param.madd(decay, rate * towards), m, v]
            });
        }),
        [true, true, false] => over(pool, to, grad, &|[param, m, v, _], grad| {
            each([param, m, v], grad, |[param, m, v], grad| {
                let g = lanes.gradient(param, grad);
                let (m, towards) = lanes.momentum(m, g);
                let v = lanes.spread(v, g);
                let centered = (v - m * m * lanes.center).max(Lane::zero());
                [lanes.moved(param, lanes.adapted(towards, centered)), m, v]
            });
        }),
        [true, false, _] => over(pool, to, grad, &|[param, m, ..], grad| {
            each([param, m], grad, |[param, m], grad| {
                let (m, towards) = lanes.momentum(m, lanes.gradient(param, grad));
                [lanes.moved(param, if step.signed { sign(towards) } else { towards }), m]
            });
        }),
        [false, true, _] => over(pool, to, grad, &|[param, _, v, _], grad| {
            each([param, v], grad, |[param, v], grad| {
                let g = lanes.gradient(param, grad);
                let v = lanes.spread(v, g);
                [lanes.moved(param, lanes.adapted(lanes.from_grad * g, v)), v]
            });
        }),
        [false, false, _] => over(pool, to, grad, &|[param, ..], grad| {
            each([param], grad, |[param], grad| [lanes.moved(param, lanes.from_grad * lanes.gradient(param, grad))]);
        }),
    }
}

/// Four elements at a time of the parameters and the three moments; none where there is no such moment.
type Fours<'a> = [&'a mut [[f32; WIDTH]]; 4];

/// Calls `each` for tasks, and for the tail of the last with one lane filled up with zeros: tasks and tails are here once, each choice of
/// moments has but its loop (1 kB less of gzipped wasm than a tail in each).
fn over(pool: &impl Parallel, to: [&mut [f32]; 4], grad: &[f32], each: &(dyn Fn(Fours, &[[f32; WIDTH]]) + Sync)) {
    for_each_chunks(pool, to.map(|to| (to, TASK)), EXP_TASK, |task, to| {
        let (grad, last) = grad[task * TASK..][..to[0].len()].as_chunks::<WIDTH>();
        let mut parts = to.map(|to| to.as_chunks_mut::<WIDTH>());
        each(parts.each_mut().map(|(fours, _)| &mut **fours), grad);
        if !last.is_empty() {
            let mut filled = parts.each_ref().map(|(_, tail)| [Lane::load_partial(tail, 0.0).to_array()]);
            each(filled.each_mut().map(|four| four.as_mut_slice()), &[Lane::load_partial(last, 0.0).to_array()]);
            for ((_, tail), [four]) in parts.iter_mut().zip(filled) {
                tail.copy_from_slice(&four[..tail.len()]);
            }
        }
    });
}

#[inline(always)]
fn each<const M: usize>(to: [&mut [[f32; WIDTH]]; M], grad: &[[f32; WIDTH]], f: impl Fn([Lane; M], Lane) -> [Lane; M]) {
    let mut to = to.map(|to| &mut to[..grad.len()]);
    for i in 0..grad.len() {
        let new = f(to.each_ref().map(|to| Lane::from_array(to[i])), Lane::from_array(grad[i]));
        to.iter_mut().zip(new).for_each(|(to, new)| to[i] = new.to_array());
    }
}

/// [`Step`], each number in all lanes.
#[derive(Clone, Copy)]
struct Lanes {
    sign: Lane,
    l2: Lane,
    from_m: Lane,
    from_grad: Lane,
    keep_m: Lane,
    gain_m: Lane,
    keep_v: Lane,
    gain_v: Lane,
    center: Lane,
    root: Lane,
    eps: Lane,
    rate: Lane,
    decay: Lane,
}

impl Lanes {
    fn of(step: &Step) -> Self {
        Self {
            sign: Lane::splat(step.sign),
            l2: Lane::splat(step.l2),
            from_m: Lane::splat(step.from_m),
            from_grad: Lane::splat(step.from_grad),
            keep_m: Lane::splat(step.keep_m),
            gain_m: Lane::splat(step.gain_m),
            keep_v: Lane::splat(step.keep_v),
            gain_v: Lane::splat(step.gain_v),
            center: Lane::splat(step.center),
            root: Lane::splat(step.scale_v).sqrt(),
            eps: Lane::splat(step.eps),
            rate: Lane::splat(step.rate),
            decay: Lane::splat(step.decay),
        }
    }

    #[inline(always)]
    fn gradient(&self, param: Lane, grad: Lane) -> Lane {
        param.madd(self.l2, self.sign * grad)
    }

    /// The new `m`, and where to go.
    #[inline(always)]
    fn momentum(&self, m: Lane, g: Lane) -> (Lane, Lane) {
        (m.madd(self.keep_m, self.gain_m * g), m.madd(self.from_m, self.from_grad * g))
    }

    #[inline(always)]
    fn spread(&self, v: Lane, g: Lane) -> Lane {
        v.madd(self.keep_v, g * g * self.gain_v)
    }

    #[inline(always)]
    fn adapted(&self, towards: Lane, spread: Lane) -> Lane {
        towards / spread.sqrt().madd(self.root, self.eps)
    }

    #[inline(always)]
    fn moved(&self, param: Lane, towards: Lane) -> Lane {
        param - param.madd(self.decay, self.rate * towards)
    }
}

/// −1, 0 or 1; NaN of NaN.
#[inline(always)]
fn sign(x: Lane) -> Lane {
    let positive: LaneMask = Lane::zero().lt(x);
    positive.select(Lane::splat(1.0), x.lt(Lane::zero()).select(Lane::splat(-1.0), x))
}

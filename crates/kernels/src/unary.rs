//! Functions of one number, element by element, with one or two numbers `a`, `b` for all. The gradient of each is told from its input
//! `x` or from its result `y`, whichever is less work:
//!
//! ```text
//!  0 exp         eˣ                              dy · y
//!  1 log         ln x                            dy / x
//!  2 sqrt        √x                              dy / 2y
//!  3 rsqrt       1 / √x                          −dy · y³ / 2
//!  4 reciprocal  1 / x                           −dy · y²
//!  5 square      x²                              2x · dy
//!  6 abs         |x|                             dy · sign x, 0 at 0
//!  7 sigmoid     s(x) = 1 / (1 + e⁻ˣ)            dy · y (1 − y)
//!  8 tanh        tanh x                          dy (1 − y²)
//!  9 silu        x · s(x)                        dy · s(x) (1 + x (1 − s(x)))
//! 10 softplus    ln(1 + e^(ax)) / a, x where ax > b                 dy · s(ax), dy
//! 11 mish        x · t(x), t = tanh(ln(1 + eˣ))  dy (t + x (1 − t²) s(x))
//! 12 elu         x where x > 0, else a (eˣ − 1)  dy, dy · a eˣ
//! 13 leaky relu  x where x > 0, else a x         dy, a dy
//! 14 sine        sin(x + a π/2)                  dy · sin(x + (a + 1) π/2), a a whole number
//! 15 power       xᵃ                              dy · a xᵃ⁻¹
//! 16 clamp       min(max(x, a), b)               dy where a ≤ x ≤ b, else 0
//! ```
//!
//! A wasm variant holds the loop of each and all else once ([`lanewise::whole`]): the family is 17 functions in the code of four.
//! NaN, ±∞ and ±0 come out as PyTorch has them; results below 2⁻¹²⁶ may be 0.

use crate::lanes::Lane;
use crate::lanewise::{COPY_TASK, EXP_TASK, TASK, Whole, map_whole, whole};
use crate::math::{exp, expm1, ln, ln_1p, sigmoid, tanh};
use crate::parallel::{Parallel, for_each_chunk};
use crate::power::power;
use crate::sine::sine;

/// `out = f(x)`, f by its number in the table above; panics if there is none of it.
pub fn forward(op: i32, [a, b]: [f32; 2], x: &[f32], out: &mut [f32], pool: &impl Parallel) {
    let (one, wide) = (Lane::splat(1.0), [a, b].map(Lane::splat));
    let mut run = |nanoseconds, each: &dyn Whole<1>| in_tasks(pool, nanoseconds, [x], out, each);
    match op {
        0 => run(EXP_TASK, &whole(|[x]| exp(x))),
        1 => run(EXP_TASK, &whole(|[x]| ln(x))),
        2 => run(COPY_TASK, &whole(|[x]| x.sqrt())),
        3 => run(COPY_TASK, &whole(|[x]| one / x.sqrt())),
        4 => run(COPY_TASK, &whole(|[x]| one / x)),
        5 => run(COPY_TASK, &whole(|[x]| x * x)),
        6 => run(COPY_TASK, &whole(|[x]| x.abs())),
        7 => run(2 * EXP_TASK, &whole(|[x]| sigmoid(x))),
        8 => run(EXP_TASK, &whole(|[x]| tanh(x))),
        9 => run(2 * EXP_TASK, &whole(|[x]| x / (one + exp(-x)))),
        10 => run(3 * EXP_TASK, &whole(|[x]| softplus(x, wide))),
        11 => run(2 * EXP_TASK, &whole(|[x]| x * mish_factor(x))),
        12 => run(3 * EXP_TASK, &whole(|[x]| Lane::zero().lt(x).select(x, wide[0] * expm1(x)))),
        13 => run(COPY_TASK, &whole(|[x]| Lane::zero().lt(x).select(x, wide[0] * x))),
        14 => run(3 * EXP_TASK, &whole(|[x]| sine(x, a as i32))),
        15 => run(7 * EXP_TASK, &whole(|[x]| power(x, a))),
        16 => run(COPY_TASK, &whole(|[x]| x.max(wide[0]).min(wide[1]))),
        _ => panic!("unary: there is no such op"),
    }
}

/// `d_x` from the gradient of the result and `saved`: the result where the table has y, the input where it has x.
pub fn backward(op: i32, [a, b]: [f32; 2], saved: &[f32], d_out: &[f32], d_x: &mut [f32], pool: &impl Parallel) {
    let (one, zero, wide) = (Lane::splat(1.0), Lane::zero(), [a, b].map(Lane::splat));
    let mut run = |nanoseconds, each: &dyn Whole<2>| in_tasks(pool, nanoseconds, [saved, d_out], d_x, each);
    match op {
        0 => run(COPY_TASK, &whole(|[y, dy]| dy * y)),
        1 => run(COPY_TASK, &whole(|[x, dy]| dy / x)),
        2 => run(COPY_TASK, &whole(|[y, dy]| dy / (y + y))),
        3 => run(COPY_TASK, &whole(|[y, dy]| dy * Lane::splat(-0.5) * (y * y * y))),
        4 => run(COPY_TASK, &whole(|[y, dy]| -dy * (y * y))),
        5 => run(COPY_TASK, &whole(|[x, dy]| dy * (x + x))),
        6 => run(COPY_TASK, &whole(|[x, dy]| zero.lt(x).select(dy, x.lt(zero).select(-dy, zero)))),
        7 => run(COPY_TASK, &whole(|[y, dy]| dy * (y * (one - y)))),
        8 => run(COPY_TASK, &whole(|[y, dy]| dy * (one - y * y))),
        9 => run(2 * EXP_TASK, &whole(|[x, dy]| dy * silu_derivative(x))),
        10 => run(2 * EXP_TASK, &whole(|[x, dy]| wide[1].lt(wide[0] * x).select(dy, dy * sigmoid(wide[0] * x)))),
        11 => run(3 * EXP_TASK, &whole(|[x, dy]| dy * mish_derivative(x))),
        12 => run(EXP_TASK, &whole(|[x, dy]| zero.lt(x).select(dy, dy * wide[0] * exp(x)))),
        13 => run(COPY_TASK, &whole(|[x, dy]| zero.lt(x).select(dy, wide[0] * dy))),
        14 => run(3 * EXP_TASK, &whole(|[x, dy]| dy * sine(x, a as i32 + 1))),
        15 => run(7 * EXP_TASK, &whole(|[x, dy]| dy * power_derivative(x, a))),
        16 => run(COPY_TASK, &whole(|[x, dy]| x.lt(wide[0]).select(zero, wide[1].lt(x).select(zero, x.ordered().select(dy, zero))))),
        _ => panic!("unary: there is no such op"),
    }
}

#[inline(never)] // else there is one in each arm
fn in_tasks<const N: usize>(pool: &impl Parallel, nanoseconds: usize, x: [&[f32]; N], out: &mut [f32], each: &dyn Whole<N>) {
    for_each_chunk(pool, out, TASK, nanoseconds, |task, out| map_whole(x.map(|x| &x[task * TASK..][..out.len()]), out, each));
}

#[inline(always)]
fn silu_derivative(x: Lane) -> Lane {
    let s = sigmoid(x);
    s + x * (s * (Lane::splat(1.0) - s))
}

#[inline(always)]
fn softplus(x: Lane, [a, b]: [Lane; 2]) -> Lane {
    let z = a * x;
    // ln(1 + eᶻ) = max(z, 0) + ln(1 + e^−|z|): the exponential cannot overflow.
    b.lt(z).select(x, (z.max(Lane::zero()) + ln_1p(exp(-z.abs()))) / a)
}

/// `tanh(ln(1 + eˣ)) = n / (n + 2)` with `n = e²ˣ + 2eˣ`; from 20 on it is 1, and `n` would overflow.
#[inline(always)]
fn mish_factor(x: Lane) -> Lane {
    let two = Lane::splat(2.0);
    let e = exp(x.min(Lane::splat(20.0)));
    let n = e * (e + two);
    n / (n + two)
}

/// With `t = n / (n + 2)`: `(1 − t²) · s(x) = 4 e (1 + e) / (n + 2)²`.
#[inline(always)]
fn mish_derivative(x: Lane) -> Lane {
    let (one, two, limit) = (Lane::splat(1.0), Lane::splat(2.0), Lane::splat(20.0));
    let e = exp(x.min(limit));
    let n = e * (e + two);
    let inverse = one / (n + two);
    let slope = Lane::splat(4.0) * e * (one + e) * inverse * inverse;
    n * inverse + x.min(limit) * slope
}

#[inline(always)]
fn power_derivative(x: Lane, a: f32) -> Lane {
    // x⁰ is 1 even where x is 0 or NaN, and its slope 0.
    if a == 0.0 { Lane::zero() } else { Lane::splat(a) * power(x, a - 1.0) }
}

//! exp, tanh and ln over lanes: what core does not have, at the price of a few multiply-adds.
//!
//! ```text
//! exp(x)  = 2ⁿ · eʳ            n = ⌊x / ln 2⌋, r = x − n ln 2 in [0, ln 2]
//! exp2(x) = 2ⁿ · 2ʳ            n = x to the nearest, r = x − n in [−½, ½]
//! tanh(x) = x · P(x²) / Q(x²)
//! ln(x)   = n ln 2 + ln m      m = x / 2ⁿ in [√½, √2]
//! ```
//!
//! - `n` comes from adding 1.5 · 2²³, which leaves the integer in the low bits; no conversion, no branch. With 127 added to that
//!   constant, those bits shifted left are the float 2ⁿ, which is 0 for n = −127 and ∞ for n = 128.
//! - `exp` rounds down, not to the nearest as is usual: then every n from −126 to 127 belongs to a result that float32 can hold as a
//!   normal number, so one shift serves from the smallest to the largest; results below 2⁻¹²⁶ become 0.
//! - `ln 2` is in two pieces (Cody and Waite 1980), the first short enough for n times it to be exact.
//! - [`sine`](crate::sine::sine) and [`power`](crate::power::power) have files of their own.
//! - The polynomials are minimax fits (Lawson's iteration in float64, coefficients rounded to float32 one by one and the rest fitted again).
//!
//! The errors given were measured by `tests/math.rs`, with `madd` rounded twice; those named fused, by a scalar copy with `f32::mul_add`
//! over every float.

use crate::lanes::{Lane, LaneI32};
use core::f32::consts::{LN_2, LOG2_E};
use core::hint::black_box;

/// 1.5 · 2²³: adding it rounds to an integer, kept in the low bits.
pub(crate) const TO_INTEGER: f32 = 12_582_912.0;
const EXPONENT_BIAS: f32 = 127.0;
pub(crate) const LN2_HIGH: f32 = 355.0 / 512.0;
const LN2_LOW: f32 = -2.121_944_4e-4;

/// eˣ: within 1.84 ulp (fused: 1.49) from −87.33 to 88.72, 0 below, ∞ above, exactly 1 at 0, never decreasing. NaN stays NaN.
#[inline(always)]
pub fn exp(x: Lane) -> Lane {
    // A little below ½ ln 2, so that rounding x / ln 2 − ½ to the nearest is rounding down, and 0 stays 0.
    const HALF_LN2: f32 = 0.346_573;
    const SHIFT: f32 = TO_INTEGER + EXPONENT_BIAS;
    const P: [f32; 7] = [1.0, 1.0, 0.500_002_74, 0.166_627_06, 0.041_872_606, 0.007_841_817, 0.001_926_793_6];
    let x = x.max(Lane::splat(-88.0)).min(Lane::splat(89.0));
    let shifted = (x - Lane::splat(HALF_LN2)).madd(Lane::splat(LOG2_E), Lane::splat(SHIFT));
    let n = shifted - Lane::splat(SHIFT);
    let r = n.madd(Lane::splat(-LN2_LOW), n.madd(Lane::splat(-LN2_HIGH), x));
    polynomial(r, P) * shifted.bits().shl(23).as_lane()
}

/// Powers with their constants held in registers: V8 does not move constants in front of a loop but makes each where it is used, in three
/// instructions, and was busy with nothing else for two thirds of an exponential.
#[derive(Clone, Copy)]
pub struct Powers {
    lowest: Lane,
    log2_e: Lane,
    shift: Lane,
    one: Lane,
    /// `(2ʳ − 1) / r`.
    polynomial: [Lane; 5],
}

impl Powers {
    /// As they are.
    pub const CONSTANTS: Self = Self {
        lowest: Lane::splat(-88.03),
        log2_e: Lane::splat(LOG2_E),
        shift: Lane::splat(TO_INTEGER + EXPONENT_BIAS),
        one: Lane::splat(1.0),
        polynomial: Lane::splats([LN_2, 0.240_222_83, 0.055_505_585, 0.009_669_661, 0.001_330_053_3]),
    };

    /// For a loop that follows.
    #[inline(always)]
    pub fn held() -> Self {
        black_box(Self::CONSTANTS)
    }

    /// 2ˣ for x from −127.4, where it is 0, to 127: within 2.5 ulp down to −126.
    #[inline(always)]
    pub fn of_2(&self, x: Lane) -> Lane {
        let shifted = x + self.shift;
        self.finish(shifted, x + (self.shift - shifted))
    }

    /// 2^(x y), likewise.
    #[inline(always)]
    pub fn of_2_product(&self, x: Lane, y: Lane) -> Lane {
        let shifted = x.madd(y, self.shift);
        self.finish(shifted, x.madd(y, self.shift - shifted))
    }

    /// eˣ for x ≤ 88.03, by way of 2^(x log₂ e): off by |x| · 6e-8 of itself, 0 below −87.7. NaN stays NaN.
    #[inline(always)]
    pub fn of_e(&self, x: Lane) -> Lane {
        self.of_2_product(x.max(self.lowest), self.log2_e)
    }

    /// `1 / (1 + e⁻ˣ)` within 1.5e-7, where [`sigmoid`] is within a few units of the last place however small. NaN stays NaN.
    #[inline(always)]
    pub fn sigmoid(&self, x: Lane) -> Lane {
        self.one / (self.one + self.of_e(-x.max(self.lowest)))
    }

    /// `2ⁿ · 2ʳ` as `2ⁿ + (2ⁿ r) · P(r)`: 2ⁿ is there long before `P(r)`.
    #[inline(always)]
    fn finish(&self, shifted: Lane, r: Lane) -> Lane {
        let power = shifted.bits().shl(23).as_lane();
        (power * r).madd(estrin(r, self.polynomial), power)
    }
}

/// The hyperbolic tangent with its constants held, as [`Powers`].
#[derive(Clone, Copy)]
pub struct Tanh {
    one: Lane,
    one_from: Lane,
    numerator: [Lane; 5],
    denominator: [Lane; 5],
}

impl Tanh {
    /// As they are.
    pub const CONSTANTS: Self = Self {
        one: Lane::splat(1.0),
        one_from: Lane::splat(9.02), // the float32 nearest to tanh is 1 from there on
        numerator: Lane::splats([1.0, 0.134_004_67, 0.003_518_744_8, 2.099_384_8e-5, 1.389_765_6e-8]),
        denominator: Lane::splats([1.0, 0.467_337_88, 0.025_964_897, 3.323_649_4e-4, 7.996_536_5e-7]),
    };

    /// For a loop that follows.
    #[inline(always)]
    pub fn held() -> Self {
        black_box(Self::CONSTANTS)
    }

    /// Relative error below 3.4e-7, never beyond ±1, odd. NaN stays NaN.
    #[inline(always)]
    pub fn of(&self, x: Lane) -> Lane {
        let x = x.max(-self.one_from).min(self.one_from);
        let square = x * x;
        let y = x * horner(square, &self.numerator) / horner(square, &self.denominator);
        y.max(-self.one).min(self.one)
    }
}

/// Hyperbolic tangent: relative error below 3.4e-7, never beyond ±1, odd. NaN stays NaN.
#[inline(always)]
pub fn tanh(x: Lane) -> Lane {
    Tanh::CONSTANTS.of(x)
}

/// `1 / (1 + e⁻ˣ)`: within 2.5 ulp down to −87.3, 0 below, 1 from 17 on. NaN stays NaN.
#[inline(always)]
pub fn sigmoid(x: Lane) -> Lane {
    let one = Lane::splat(1.0);
    one / (one + exp(-x))
}

/// Natural logarithm of any float32, subnormals too: within 0.9 ulp. −∞ at 0, NaN below, ∞ at ∞. NaN stays NaN.
#[inline(always)]
pub fn ln(x: Lane) -> Lane {
    let (n, f, tail) = ln_parts(x);
    special_ln(x, n.madd(Lane::splat(LN2_HIGH), f + tail))
}

/// `[n, f, tail]` of a positive number: `ln x = n · LN2_HIGH + f + tail`, the product exact and `tail` small.
#[inline(always)]
pub(crate) fn ln_parts(x: Lane) -> (Lane, Lane, Lane) {
    const SMALLEST_NORMAL: f32 = f32::MIN_POSITIVE;
    const TWO_TO_23: f32 = 8_388_608.0;
    const SQRT_HALF_BITS: i32 = 0x3f35_04f3;
    const P: [f32; 8] =
        [0.333_333_3, -0.250_008_2, 0.200_012_42, -0.166_234_09, 0.142_015_8, -0.131_596_1, 0.127_622_17, -0.076_364_39];
    let subnormal = x.lt(Lane::splat(SMALLEST_NORMAL));
    let normal = subnormal.select(x * Lane::splat(TWO_TO_23), x);
    // 128 + n, from the distance to √½ in bits; x / 2ⁿ by subtracting n from the exponent.
    let biased = normal.bits().wrapping_add(LaneI32::splat((128 << 23) - SQRT_HALF_BITS)).shr(23);
    let minus_n = biased.xor(LaneI32::splat(-1)).wrapping_add(LaneI32::splat(129));
    let f = normal.bits().wrapping_add(minus_n.shl(23)).as_lane() - Lane::splat(1.0);
    let n = biased.to_float() - subnormal.select(Lane::splat(128.0 + 23.0), Lane::splat(128.0));
    let square = f * f;
    let tail = (f * square).madd(polynomial(f, P), n * Lane::splat(LN2_LOW)) - square * Lane::splat(0.5);
    (n, f, tail)
}

/// `y`, but at 0, below 0, at ∞ and at NaN what IEEE 754 asks for.
#[inline(always)]
fn special_ln(x: Lane, y: Lane) -> Lane {
    let (zero, infinity) = (Lane::zero(), Lane::splat(f32::INFINITY));
    let finite = x.lt(infinity).select(y, x + infinity);
    let positive = zero.lt(x).select(finite, Lane::splat(f32::NEG_INFINITY));
    let valid = x.lt(zero).select(Lane::splat(f32::NAN), positive);
    x.ordered().select(valid, x)
}

/// eˣ − 1, of full relative precision near 0 too.
#[inline(always)]
pub fn expm1(x: Lane) -> Lane {
    tanh(x * Lane::splat(0.5)) * (exp(x) + Lane::splat(1.0))
}

/// ln(1 + x) for x in [0, 1], of full relative precision near 0 too: 2 artanh(x / (2 + x)), by its series.
#[inline(always)]
pub fn ln_1p(x: Lane) -> Lane {
    const P: [f32; 7] = [2.0, 2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0, 2.0 / 11.0, 2.0 / 13.0];
    let s = x / (Lane::splat(2.0) + x);
    s * polynomial(s * s, P)
}

/// [`exp`] of one number.
#[inline(always)]
pub fn exp1(x: f32) -> f32 {
    exp(Lane::splat(x)).to_array()[0]
}

/// [`ln`] of one number.
#[inline(always)]
pub fn ln1(x: f32) -> f32 {
    ln(Lane::splat(x)).to_array()[0]
}

/// `1 / √x` of one number.
#[inline(always)]
pub fn inverse_root(x: f32) -> f32 {
    let [root, ..] = Lane::splat(x).sqrt().to_array();
    1.0 / root
}

/// `c[0] + c[1] x + c[2] x² + …`, by Horner's rule.
#[inline(always)]
pub fn polynomial<const N: usize>(x: Lane, c: [f32; N]) -> Lane {
    horner(x, &c.map(Lane::splat))
}

/// The same, of coefficients that are lanes already.
#[inline(always)]
pub fn horner<const N: usize>(x: Lane, c: &[Lane; N]) -> Lane {
    c[..N - 1].iter().rev().fold(c[N - 1], |sum, &c| sum.madd(x, c))
}

/// The same by Estrin's rule: in pairs, then pairs of pairs, so that fewer operations wait for each other.
#[inline(always)]
pub fn estrin<const N: usize>(x: Lane, mut c: [Lane; N]) -> Lane {
    let (mut terms, mut power) = (N, x);
    while terms > 1 {
        if terms % 2 == 1 {
            c[terms - 2] = c[terms - 1].madd(power, c[terms - 2]);
        }
        terms /= 2;
        for i in 0..terms {
            c[i] = c[2 * i + 1].madd(power, c[2 * i]);
        }
        power = power * power;
    }
    c[0]
}

//! xᵃ for one exponent.
//!
//! ```text
//! a whole, |a| ≤ 8     products of x, so that small whole numbers come out exactly
//! otherwise            e^(a ln|x|), negative where x is and a is odd, NaN where x is and a is not whole
//! ```
//!
//! `a ln|x|` may be 88, and rounding it to float32 would be an error of 64 ulp in the result. So the logarithm is a sum of two float32
//! (exact sums: Knuth's two-sum), its product with `a` too (Dekker 1971), and what the first does not hold becomes a factor.
//! Measured by `tests/math.rs`: within 3.6 ulp for |a| ≤ 11, 6.2 at 30.

use crate::lanes::Lane;
use crate::math::{LN2_HIGH, exp, ln_parts};

const MOST_PRODUCTS: f32 = 8.0;
/// Beyond, only 1 has a power that is neither 0 nor ∞; and nothing here overflows yet.
const LARGEST: f32 = 1e10;

/// `xᵃ`, at 0, ±∞, NaN and below 0 as IEEE 754's pow.
#[inline(always)]
pub fn power(x: Lane, a: f32) -> Lane {
    let whole = a.abs() >= 8_388_608.0 || a as i32 as f32 == a;
    if whole && a.abs() <= MOST_PRODUCTS {
        return products(x, a as i32);
    }
    let odd = whole && a.abs() < 16_777_216.0 && a as i32 & 1 == 1;
    let (zero, infinity) = (Lane::zero(), Lane::splat(f32::INFINITY));
    let (at_zero, at_infinity) = if a > 0.0 { (zero, infinity) } else { (infinity, zero) };
    let size = x.abs();
    let finite = size.lt(infinity).select(positive_power(size, a.clamp(-LARGEST, LARGEST)), at_infinity);
    let y = x.ordered().select(zero.lt(size).select(finite, at_zero), x);
    if odd {
        // The sign bit of x, which is all that x and |x| differ in.
        y.bits().xor(x.bits().xor(size.bits())).as_lane()
    } else if whole {
        y
    } else {
        x.lt(zero).select(size.lt(infinity).select(Lane::splat(f32::NAN), y), y)
    }
}

#[inline(always)]
fn products(x: Lane, n: i32) -> Lane {
    let one = Lane::splat(1.0);
    let y = [8, 4, 2, 1].iter().fold(one, |y, bit| if n.unsigned_abs() & bit != 0 { y * y * x } else { y * y });
    if n < 0 { one / y } else { y }
}

/// `e^(a ln x)` for x > 0 and finite.
#[inline(always)]
fn positive_power(x: Lane, a: f32) -> Lane {
    let (n, f, tail) = ln_parts(x);
    let (sum, error) = two_sum(n * Lane::splat(LN2_HIGH), f);
    let (high, low) = two_sum(sum, error + tail);
    let a = Lane::splat(a);
    let product = a * high;
    let rest = a.madd(low, product_error(a, high, product));
    let most = Lane::splat(0.5);
    exp(product) * (Lane::splat(1.0) + rest.max(-most).min(most))
}

/// `a + b`, and what it lacks.
#[inline(always)]
fn two_sum(a: Lane, b: Lane) -> (Lane, Lane) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

/// What `product`, the rounded `a · b`, lacks.
#[inline(always)]
fn product_error(a: Lane, b: Lane, product: Lane) -> Lane {
    let ((a1, a2), (b1, b2)) = (halves(a), halves(b));
    ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2
}

/// Two pieces of 12 bits each, whose products are exact.
#[inline(always)]
fn halves(x: Lane) -> (Lane, Lane) {
    let c = x * Lane::splat(4097.0);
    let high = c - (c - x);
    (high, x - high)
}

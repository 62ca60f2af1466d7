//! ```text
//! sin(x + k π/2)     n = x / (π/2) to the nearest, r = x − n π/2 in [−π/4, π/4]
//!                    then ± sin r or ± cos r, as (n + k) mod 4 says
//! ```
//!
//! Up to 8,192 `π/2` is taken away in three pieces, the first two short enough for n times them to be exact (Cody and Waite 1980).
//! Beyond, one number after the other is multiplied by the bits of 2/π that matter for it, in integers (Payne and Hanek 1983, as in
//! Arm's optimized routines). The polynomials are those of Moshier's Cephes. Within 9.4e-8 of the true value for every float32,
//! measured by `tests/math.rs`; NaN and ±∞ give NaN.

use crate::lanes::{Lane, LaneI32, WIDTH};
use crate::math::{TO_INTEGER, polynomial};
use core::f32::consts::FRAC_2_PI;

/// To here the pieces are exact: n below 2¹³.
const EXACT: f32 = 8192.0;
const HALF_PI: [f32; 3] = [1.570_312_5, 4.837_513e-4, 7.549_79e-8];

/// sin(x + quarters · π/2).
#[inline(always)]
pub fn sine(x: Lane, quarters: i32) -> Lane {
    const SIN: [f32; 3] = [-1.666_665_5e-1, 8.332_161e-3, -1.951_529_6e-4];
    const COS: [f32; 3] = [4.166_664_6e-2, -1.388_731_6e-3, 2.443_315_7e-5];
    let (r, n) = reduce(x);
    let n = n.wrapping_add(LaneI32::splat(quarters));
    let square = r * r;
    let sin = (r * square).madd(polynomial(square, SIN), r);
    let cos = (square * square).madd(polynomial(square, COS), square.madd(Lane::splat(-0.5), Lane::splat(1.0)));
    // The lowest bit of n chooses, the next is the sign.
    LaneI32::splat(0).gt(n.shl(31)).select(cos, sin).bits().xor(n.shr(1).shl(31)).as_lane()
}

/// `[r, n]`; of n only the last two bits count.
#[inline(always)]
fn reduce(x: Lane) -> (Lane, LaneI32) {
    if x.to_array().iter().any(|x| x.abs() > EXACT) { reduce_far(x) } else { reduce_near(x) }
}

#[inline(always)]
fn reduce_near(x: Lane) -> (Lane, LaneI32) {
    let shifted = x.madd(Lane::splat(FRAC_2_PI), Lane::splat(TO_INTEGER));
    let n = shifted - Lane::splat(TO_INTEGER);
    (HALF_PI.iter().fold(x, |r, &part| n.madd(Lane::splat(-part), r)), shifted.bits())
}

#[cold]
#[inline(never)]
fn reduce_far(x: Lane) -> (Lane, LaneI32) {
    let (mut r, mut n) = ([f32::NAN; WIDTH], [0; WIDTH]);
    for (i, x) in x.to_array().into_iter().enumerate().filter(|(_, x)| x.is_finite()) {
        (r[i], n[i]) = if x.abs() > EXACT { reduce_one(x) } else { (x, 0) };
    }
    // The far ones are in [−π/4, π/4] now, where nothing is taken away.
    let (r, turns) = reduce_near(Lane::from_array(r));
    (r, turns.wrapping_add(LaneI32::from_array(n)))
}

/// `[r, n]` of a number of at least 2, by the 96 bits of 2/π that its exponent points to.
fn reduce_one(x: f32) -> (f32, i32) {
    const BITS: [u32; 24] = [
        0xa2, 0xa2f9, 0xa2f983, 0xa2f9836e, 0xf9836e4e, 0x836e4e44, 0x6e4e4415, 0x4e441529, 0x441529fc, 0x1529fc27, 0x29fc2757, 0xfc2757d1,
        0x2757d1f5, 0x57d1f534, 0xd1f534dd, 0xf534ddc0, 0x34ddc0db, 0xddc0db62, 0xc0db6295, 0xdb629599, 0x6295993c, 0x95993c43, 0x993c4390,
        0x3c439041,
    ];
    const UNIT: f64 = core::f64::consts::PI / (1u64 << 63) as f64;
    let exponent = x.to_bits() >> 23;
    let at = (exponent >> 3 & 15) as usize;
    let mantissa = ((x.to_bits() & 0x7f_ffff) | 0x80_0000) << (exponent & 7);
    let [high, middle, low] = [BITS[at], BITS[at + 4], BITS[at + 8]];
    // Quarter turns in 62 bits behind the point; whole turns have fallen off at the top.
    let turns = (u64::from(mantissa.wrapping_mul(high)) << 32 | u64::from(mantissa) * u64::from(low) >> 32)
        .wrapping_add(u64::from(mantissa) * u64::from(middle));
    let n = turns.wrapping_add(1 << 61) >> 62;
    let r = (turns.wrapping_sub(n << 62) as i64 as f64 * UNIT) as f32;
    if x < 0.0 { (-r, -(n as i32)) } else { (r, n as i32) }
}

//! Lanes as one `v128`. The documentation of each operation is in `portable.rs`.
#![allow(missing_docs)]

use core::arch::wasm32::*;
use core::ops::{Add, Div, Mul, Neg, Sub};

#[derive(Clone, Copy, Debug)]
pub struct Lane(pub(super) v128);
#[derive(Clone, Copy, Debug)]
pub struct LaneI32(v128);
#[derive(Clone, Copy, Debug)]
pub struct LaneMask(pub(super) v128);

macro_rules! binary {
    ($trait:ident, $method:ident, $instruction:ident) => {
        impl $trait for Lane {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self($instruction(self.0, other.0))
            }
        }
    };
}
binary!(Add, add, f32x4_add);
binary!(Sub, sub, f32x4_sub);
binary!(Mul, mul, f32x4_mul);
binary!(Div, div, f32x4_div);

impl Neg for Lane {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(f32x4_neg(self.0))
    }
}

impl Lane {
    #[inline(always)]
    pub const fn splat(value: f32) -> Self {
        Self(f32x4(value, value, value, value))
    }
    #[inline(always)]
    pub const fn from_array([a, b, c, d]: [f32; 4]) -> Self {
        Self(f32x4(a, b, c, d))
    }
    #[inline(always)]
    pub fn to_array(self) -> [f32; 4] {
        [
            f32x4_extract_lane::<0>(self.0),
            f32x4_extract_lane::<1>(self.0),
            f32x4_extract_lane::<2>(self.0),
            f32x4_extract_lane::<3>(self.0),
        ]
    }
    #[inline(always)]
    pub fn swap_halves(self) -> Self {
        Self(i64x2_shuffle::<1, 0>(self.0, self.0))
    }
    #[inline(always)]
    pub fn swap_neighbours(self) -> Self {
        Self(i32x4_shuffle::<1, 0, 3, 2>(self.0, self.0))
    }
    #[inline(always)]
    pub fn transpose([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        let (ab_low, ab_high) = (i32x4_shuffle::<0, 4, 1, 5>(a.0, b.0), i32x4_shuffle::<2, 6, 3, 7>(a.0, b.0));
        let (cd_low, cd_high) = (i32x4_shuffle::<0, 4, 1, 5>(c.0, d.0), i32x4_shuffle::<2, 6, 3, 7>(c.0, d.0));
        [
            Self(i64x2_shuffle::<0, 2>(ab_low, cd_low)),
            Self(i64x2_shuffle::<1, 3>(ab_low, cd_low)),
            Self(i64x2_shuffle::<0, 2>(ab_high, cd_high)),
            Self(i64x2_shuffle::<1, 3>(ab_high, cd_high)),
        ]
    }
    #[cfg(not(target_feature = "relaxed-simd"))]
    #[inline(always)]
    pub fn madd(self, by: Self, plus: Self) -> Self {
        self * by + plus
    }
    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        Self(f32x4_pmax(self.0, other.0))
    }
    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        Self(f32x4_pmin(self.0, other.0))
    }
    #[inline(always)]
    pub fn maximum(self, other: Self) -> Self {
        Self(f32x4_max(self.0, other.0))
    }
    #[inline(always)]
    pub fn minimum(self, other: Self) -> Self {
        Self(f32x4_min(self.0, other.0))
    }
    #[inline(always)]
    pub fn abs(self) -> Self {
        Self(f32x4_abs(self.0))
    }
    #[inline(always)]
    pub fn sqrt(self) -> Self {
        Self(f32x4_sqrt(self.0))
    }
    #[inline(always)]
    pub fn round(self) -> Self {
        Self(f32x4_nearest(self.0))
    }
    #[inline(always)]
    pub fn to_int(self) -> LaneI32 {
        LaneI32(i32x4_trunc_sat_f32x4(self.0))
    }
    #[inline(always)]
    pub fn bits(self) -> LaneI32 {
        LaneI32(self.0)
    }
    #[inline(always)]
    pub fn lt(self, other: Self) -> LaneMask {
        LaneMask(f32x4_lt(self.0, other.0))
    }
    #[inline(always)]
    pub fn equals(self, other: Self) -> LaneMask {
        LaneMask(f32x4_eq(self.0, other.0))
    }
    #[inline(always)]
    pub fn ordered(self) -> LaneMask {
        LaneMask(f32x4_eq(self.0, self.0))
    }
}

impl LaneI32 {
    #[inline(always)]
    pub const fn splat(value: i32) -> Self {
        Self(i32x4(value, value, value, value))
    }
    #[inline(always)]
    pub const fn from_array([a, b, c, d]: [i32; 4]) -> Self {
        Self(i32x4(a, b, c, d))
    }
    #[inline(always)]
    pub fn to_array(self) -> [i32; 4] {
        [
            i32x4_extract_lane::<0>(self.0),
            i32x4_extract_lane::<1>(self.0),
            i32x4_extract_lane::<2>(self.0),
            i32x4_extract_lane::<3>(self.0),
        ]
    }
    #[inline(always)]
    pub fn wrapping_add(self, other: Self) -> Self {
        Self(i32x4_add(self.0, other.0))
    }
    #[inline(always)]
    pub fn wrapping_mul(self, other: Self) -> Self {
        Self(i32x4_mul(self.0, other.0))
    }
    #[inline(always)]
    pub fn xor(self, other: Self) -> Self {
        Self(v128_xor(self.0, other.0))
    }
    #[inline(always)]
    pub fn shl(self, by: u32) -> Self {
        Self(i32x4_shl(self.0, by))
    }
    #[inline(always)]
    pub fn shr(self, by: u32) -> Self {
        Self(u32x4_shr(self.0, by))
    }
    #[inline(always)]
    pub fn as_lane(self) -> Lane {
        Lane(self.0)
    }
    #[inline(always)]
    pub fn to_float(self) -> Lane {
        Lane(f32x4_convert_i32x4(self.0))
    }
    #[inline(always)]
    pub fn gt(self, other: Self) -> LaneMask {
        LaneMask(i32x4_gt(self.0, other.0))
    }
}

impl LaneMask {
    #[inline(always)]
    pub fn from_array(four: [bool; 4]) -> Self {
        let bits = four.map(|yes| if yes { -1 } else { 0 });
        Self(i32x4(bits[0], bits[1], bits[2], bits[3]))
    }
    #[cfg(not(target_feature = "relaxed-simd"))]
    #[inline(always)]
    pub fn select(self, yes: Lane, no: Lane) -> Lane {
        Lane(v128_bitselect(yes.0, no.0, self.0))
    }
}

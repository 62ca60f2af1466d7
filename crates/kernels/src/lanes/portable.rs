//! Lanes as plain arrays: the definition the instruction sets are held to.

use core::array::from_fn;
use core::ops::{Add, Div, Mul, Neg, Sub};

/// Four float32.
#[derive(Clone, Copy, Debug)]
pub struct Lane([f32; 4]);

/// Four int32, wrapping.
#[derive(Clone, Copy, Debug)]
pub struct LaneI32([i32; 4]);

/// Four yes or no.
#[derive(Clone, Copy, Debug)]
pub struct LaneMask([bool; 4]);

macro_rules! binary {
    ($trait:ident, $method:ident) => {
        impl $trait for Lane {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(from_fn(|i| self.0[i].$method(other.0[i])))
            }
        }
    };
}
binary!(Add, add);
binary!(Sub, sub);
binary!(Mul, mul);
binary!(Div, div);

impl Neg for Lane {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(self.0.map(|a| -a))
    }
}

impl Lane {
    /// `value` in every lane.
    #[inline(always)]
    pub const fn splat(value: f32) -> Self {
        Self([value; 4])
    }
    /// Lanes from an array, in order.
    #[inline(always)]
    pub const fn from_array(four: [f32; 4]) -> Self {
        Self(four)
    }
    /// The lanes, in order.
    #[inline(always)]
    pub const fn to_array(self) -> [f32; 4] {
        self.0
    }
    /// Lanes 2, 3, 0, 1.
    #[inline(always)]
    pub fn swap_halves(self) -> Self {
        Self(from_fn(|i| self.0[i ^ 2]))
    }
    /// Lanes 1, 0, 3, 2.
    #[inline(always)]
    pub fn swap_neighbours(self) -> Self {
        Self(from_fn(|i| self.0[i ^ 1]))
    }
    /// Four rows become four columns.
    #[inline(always)]
    pub fn transpose(rows: [Self; 4]) -> [Self; 4] {
        from_fn(|column| Self(from_fn(|row| rows[row].0[column])))
    }
    /// `self * by + plus`.
    #[inline(always)]
    pub fn madd(self, by: Self, plus: Self) -> Self {
        self * by + plus
    }
    /// `other` where it is greater, else `self`: a NaN in `other` is passed over.
    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        Self(from_fn(|i| if self.0[i] < other.0[i] { other.0[i] } else { self.0[i] }))
    }
    /// `other` where it is smaller, else `self`.
    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        Self(from_fn(|i| if other.0[i] < self.0[i] { other.0[i] } else { self.0[i] }))
    }
    /// The greater, NaN if either is.
    #[inline(always)]
    pub fn maximum(self, other: Self) -> Self {
        Self(from_fn(|i| if self.0[i] < other.0[i] || other.0[i].is_nan() { other.0[i] } else { self.0[i] }))
    }
    /// The smaller, NaN if either is.
    #[inline(always)]
    pub fn minimum(self, other: Self) -> Self {
        Self(from_fn(|i| if other.0[i] < self.0[i] || other.0[i].is_nan() { other.0[i] } else { self.0[i] }))
    }
    /// Magnitudes.
    #[inline(always)]
    pub fn abs(self) -> Self {
        Self(self.0.map(|a| f32::from_bits(a.to_bits() & 0x7fff_ffff)))
    }
    /// Correctly rounded square roots.
    #[inline(always)]
    pub fn sqrt(self) -> Self {
        Self(self.0.map(sqrt))
    }
    /// Nearest integer, ties to even, as a float.
    #[inline(always)]
    pub fn round(self) -> Self {
        Self(self.0.map(round))
    }
    /// To int32, towards zero; saturating, NaN to 0.
    #[inline(always)]
    pub fn to_int(self) -> LaneI32 {
        LaneI32(self.0.map(|a| a as i32))
    }
    /// The bits, as they are.
    #[inline(always)]
    pub fn bits(self) -> LaneI32 {
        LaneI32(self.0.map(|a| a.to_bits() as i32))
    }
    /// `self < other`.
    #[inline(always)]
    pub fn lt(self, other: Self) -> LaneMask {
        LaneMask(from_fn(|i| self.0[i] < other.0[i]))
    }
    /// `self == other`.
    #[inline(always)]
    pub fn equals(self, other: Self) -> LaneMask {
        LaneMask(from_fn(|i| self.0[i] == other.0[i]))
    }
    /// `self == self`: false where the lane is NaN.
    #[inline(always)]
    pub fn ordered(self) -> LaneMask {
        LaneMask(self.0.map(|a| !a.is_nan()))
    }
}

impl LaneI32 {
    /// `value` in every lane.
    #[inline(always)]
    pub const fn splat(value: i32) -> Self {
        Self([value; 4])
    }
    /// Lanes from an array, in order.
    #[inline(always)]
    pub const fn from_array(four: [i32; 4]) -> Self {
        Self(four)
    }
    /// The lanes, in order.
    #[inline(always)]
    pub const fn to_array(self) -> [i32; 4] {
        self.0
    }
    /// Wrapping sum.
    #[inline(always)]
    pub fn wrapping_add(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_add(other.0[i])))
    }
    /// Wrapping product.
    #[inline(always)]
    pub fn wrapping_mul(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_mul(other.0[i])))
    }
    /// Exclusive or.
    #[inline(always)]
    pub fn xor(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] ^ other.0[i]))
    }
    /// Shift left.
    #[inline(always)]
    pub fn shl(self, by: u32) -> Self {
        Self(self.0.map(|a| a << by))
    }
    /// Logical shift right.
    #[inline(always)]
    pub fn shr(self, by: u32) -> Self {
        Self(self.0.map(|a| ((a as u32) >> by) as i32))
    }
    /// The bits as floats.
    #[inline(always)]
    pub fn as_lane(self) -> Lane {
        Lane(self.0.map(|a| f32::from_bits(a as u32)))
    }
    /// The values as floats, rounded to nearest.
    #[inline(always)]
    pub fn to_float(self) -> Lane {
        Lane(self.0.map(|a| a as f32))
    }
    /// `self > other`.
    #[inline(always)]
    pub fn gt(self, other: Self) -> LaneMask {
        LaneMask(from_fn(|i| self.0[i] > other.0[i]))
    }
}

impl LaneMask {
    /// Lanes from an array, in order.
    #[inline(always)]
    pub const fn from_array(four: [bool; 4]) -> Self {
        Self(four)
    }
    /// `yes` where the mask is set, else `no`.
    #[inline(always)]
    pub fn select(self, yes: Lane, no: Lane) -> Lane {
        Lane(from_fn(|i| if self.0[i] { yes.0[i] } else { no.0[i] }))
    }
}

/// `f32::sqrt` is not in core: one Newton step in float64 from a bit-level guess would double the rounding, so this goes through
/// float64 to convergence; the float32 rounding of a float64 square root is correct.
fn sqrt(a: f32) -> f32 {
    if !(a > 0.0) || a == f32::INFINITY {
        return if a == 0.0 || a == f32::INFINITY { a } else { f32::NAN };
    }
    let a = a as f64;
    let mut root = f64::from_bits((a.to_bits() >> 1) + (1023u64 << 51));
    for _ in 0..6 {
        root = 0.5 * (root + a / root);
    }
    root as f32
}

fn round(a: f32) -> f32 {
    const INTEGER_FROM: f32 = 8_388_608.0; // 2²³: no fraction bits are left
    if !(a.abs() < INTEGER_FROM) {
        return a;
    }
    let rounded = (a.abs() + INTEGER_FROM) - INTEGER_FROM;
    rounded.copysign(a)
}

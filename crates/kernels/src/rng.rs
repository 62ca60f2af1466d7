//! Random bits from counters: the bits of element `(row, col)` depend on the key, the row and the column alone, so that dropout
//! is the same for any number of threads and is computed again in the backward pass instead of being stored.
//!
//! Each number is the key, row and column mixed by the 32-bit finalizer with the least known bias of its form
//! (`x ^= x >> 16; x *= 0x21f0aaad; x ^= x >> 15; x *= 0xd35a2d97; x ^= x >> 15`: Ettinger's prospector, "triple32"'s two-round sibling).

use crate::lanes::{Lane, LaneI32, LaneMask};

/// Which elements to drop, and what the others are scaled by.
#[derive(Clone, Copy)]
pub struct Dropout {
    /// An element is kept if its bits, unsigned, are at least this.
    threshold: u32,
    /// `1 / (1 − p)`; 0 if everything is dropped.
    scale: f32,
    key: u32,
}

impl Dropout {
    /// `p` in [0, 1].
    pub fn new(p: f32, key: i32) -> Self {
        let threshold = (p as f64 * 4_294_967_296.0) as u64;
        let scale = if p >= 1.0 { 0.0 } else { 1.0 / (1.0 - p) };
        Self { threshold: threshold.min(u32::MAX as u64) as u32, scale, key: key as u32 }
    }

    /// Whether anything can be dropped.
    #[inline(always)]
    pub fn is_active(&self) -> bool {
        self.threshold != 0
    }

    /// The stream of one row.
    #[inline(always)]
    pub fn row(&self, row: usize) -> DropoutRow {
        let row = row as u64;
        let start = mix(mix(self.key ^ (row >> 32) as u32).wrapping_add(row as u32));
        DropoutRow { start: LaneI32::splat(start as i32), threshold: LaneI32::splat(self.threshold as i32), scale: Lane::splat(self.scale) }
    }
}

/// The stream of one row: what to multiply each column's value by.
#[derive(Clone, Copy)]
pub struct DropoutRow {
    start: LaneI32,
    threshold: LaneI32,
    scale: Lane,
}

impl DropoutRow {
    /// What kept values are multiplied by, in every lane: `1 / (1 − p)`.
    #[inline(always)]
    pub fn scale(&self) -> Lane {
        self.scale
    }

    /// The factors of columns `col` to `col + 3`: 0 or `1 / (1 − p)`.
    #[inline(always)]
    pub fn factors(&self, col: usize) -> Lane {
        self.kept(col).select(self.scale, Lane::zero())
    }

    /// Which of the columns `col` to `col + 3` are kept.
    #[inline(always)]
    pub fn kept(&self, col: usize) -> LaneMask {
        let cols = LaneI32::splat(col as i32).wrapping_add(LaneI32::from_array([0, 1, 2, 3]));
        mix_lanes(cols.wrapping_mul(LaneI32::splat(0x9e37_79b9_u32 as i32)).wrapping_add(self.start)).ge_unsigned(self.threshold)
    }
}

fn mix(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x21f0_aaad);
    x = (x ^ (x >> 15)).wrapping_mul(0xd35a_2d97);
    x ^ (x >> 15)
}

#[inline(always)]
fn mix_lanes(mut x: LaneI32) -> LaneI32 {
    x = x.xor(x.shr(16)).wrapping_mul(LaneI32::splat(0x21f0_aaad));
    x = x.xor(x.shr(15)).wrapping_mul(LaneI32::splat(0xd35a_2d97_u32 as i32));
    x.xor(x.shr(15))
}

//! Random bits from counters: the bits of element `(row, col)` depend on the key, the row and the column alone, so that dropout
//! is the same for any number of threads and is computed again in the backward pass instead of being stored.
//!
//! Each number is the key, row and column mixed by the 32-bit finalizer with the least known bias of its form
//! (`x ^= x >> 16; x *= 0x21f0aaad; x ^= x >> 15; x *= 0xd35a2d97; x ^= x >> 15`: Ettinger's prospector, "triple32"'s two-round sibling).
//!
//! Departures, for columns, each of which costs a comparison and no more:
//!
//! - The last `x ^= x >> 15` is left out. It would change the lower 17 bits, and only where the upper 15 equal those of the threshold does a
//!   comparison look at them. The comparison is of signed numbers: one instruction, where unsigned ones take two. Both together 0.70 → 0.53 ms over 2 million
//!   elements (Node 24, relaxed, November 2026).
//! - The multipliers are hidden from the compiler ([`crate::math`] says why): 0.98 → 0.70 ms.

use crate::lanes::{Lane, LaneI32, LaneMask};
use core::hint::black_box;

const MULTIPLIERS: [i32; 2] = [0x21f0_aaad, 0xd35a_2d97_u32 as i32];
/// From a column to the next: 2³² divided by the golden ratio.
const COLUMN: i32 = 0x9e37_79b9_u32 as i32;

/// Which elements to drop, and what the others are scaled by.
#[derive(Clone, Copy)]
pub struct Dropout {
    /// How many of the 2³² numbers mean that an element is dropped: the lowest, as signed numbers go.
    threshold: u32,
    /// `1 / (1 − p)`; 0 if everything is dropped.
    scale: f32,
    key: u32,
    multipliers: [i32; 2],
}

impl Dropout {
    /// `p` in [0, 1].
    pub fn new(p: f32, key: i32) -> Self {
        let threshold = (p as f64 * 4_294_967_296.0) as u64;
        let scale = if p >= 1.0 { 0.0 } else { 1.0 / (1.0 - p) };
        Self { threshold: threshold.min(u32::MAX as u64) as u32, scale, key: key as u32, multipliers: black_box(MULTIPLIERS) }
    }

    /// Whether anything can be dropped. If not, a stream must not be asked: it has no number for nothing.
    #[inline(always)]
    pub fn is_active(&self) -> bool {
        self.threshold != 0
    }

    /// The stream of one row.
    #[inline(always)]
    pub fn row(&self, row: usize) -> DropoutRow {
        let row = row as u64;
        let start = mix(mix(self.key ^ (row >> 32) as u32).wrapping_add(row as u32));
        DropoutRow {
            start: LaneI32::from_array([0, 1, 2, 3].map(|lane: i32| lane.wrapping_mul(COLUMN).wrapping_add(start as i32))),
            multipliers: self.multipliers.map(LaneI32::splat),
            threshold: LaneI32::splat(((self.threshold ^ 0x8000_0000) as i32).saturating_sub(1)),
            scale: Lane::splat(self.scale),
        }
    }
}

/// The stream of one row: what to multiply each column's value by.
#[derive(Clone, Copy)]
pub struct DropoutRow {
    /// Of columns 0 to 3.
    start: LaneI32,
    multipliers: [LaneI32; 2],
    /// The largest number that means dropped.
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
        let mut x = LaneI32::splat((col as i32).wrapping_mul(COLUMN)).wrapping_add(self.start);
        x = x.xor(x.shr(16)).wrapping_mul(self.multipliers[0]);
        x = x.xor(x.shr(15)).wrapping_mul(self.multipliers[1]);
        x.gt(self.threshold)
    }
}

fn mix(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(MULTIPLIERS[0] as u32);
    x = (x ^ (x >> 15)).wrapping_mul(MULTIPLIERS[1] as u32);
    x ^ (x >> 15)
}

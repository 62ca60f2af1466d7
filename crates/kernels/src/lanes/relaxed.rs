//! What relaxed SIMD changes: a multiply-add is one instruction, and so is a choice.

use super::{Lane, LaneMask};
use core::arch::wasm32::{f32x4_relaxed_madd, i32x4_relaxed_laneselect};

impl Lane {
    /// `self * by + plus`, rounded once or twice as the processor does it.
    #[inline(always)]
    pub fn madd(self, by: Self, plus: Self) -> Self {
        Self(f32x4_relaxed_madd(self.0, by.0, plus.0))
    }
}

impl LaneMask {
    /// `yes` in the lanes that are set, `no` in the others.
    #[inline(always)]
    pub fn select(self, yes: Lane, no: Lane) -> Lane {
        Lane(i32x4_relaxed_laneselect(yes.0, no.0, self.0))
    }
}

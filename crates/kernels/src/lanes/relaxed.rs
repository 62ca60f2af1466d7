//! What relaxed SIMD changes: the multiply-add is one instruction.

use super::Lane;
use core::arch::wasm32::f32x4_relaxed_madd;

impl Lane {
    /// `self * by + plus`, rounded once or twice as the processor does it.
    #[inline(always)]
    pub fn madd(self, by: Self, plus: Self) -> Self {
        Self(f32x4_relaxed_madd(self.0, by.0, plus.0))
    }
}

//! The ceiling that benches hold kernels against: how many multiply-adds the engine's lanes do when nothing else is asked of them.

use fovea_kernels::lanes::Lane;
use wasm_bindgen::prelude::wasm_bindgen;

/// Runs `rounds` × 12 independent four-lane multiply-adds, all in registers (96 floating-point operations a round), and returns
/// something that depends on every one of them.
#[wasm_bindgen]
pub fn probe_multiply_add(rounds: u32, by: f32, plus: f32) -> f32 {
    let (by, plus) = (Lane::splat(by), Lane::splat(plus));
    let mut sums = [Lane::zero(); 12];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = sum.madd(by, plus);
        }
    }
    sums.iter().fold(0.0, |total, sum| total + sum.sum())
}

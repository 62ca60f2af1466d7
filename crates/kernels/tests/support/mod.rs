//! What the native tests share: seeded inputs, a pool of real threads, comparison with its worst element.
#![allow(dead_code)] // each test file uses its part

use fovea_kernels::parallel::{Parallel, Task};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A pool of that many threads, started for each job: slow and obvious.
pub struct Threads(pub usize);

impl Parallel for Threads {
    fn run(&self, tasks: usize, _: usize, task: &dyn Task) {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for thread in 0..self.0 {
                let next = &next;
                scope.spawn(move || {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= tasks {
                            return;
                        }
                        task.run(index, thread);
                    }
                });
            }
        });
    }

    fn threads(&self) -> usize {
        self.0
    }
}

/// `n` numbers of about the normal distribution, the same for the same seed.
pub fn random(n: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def1);
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f64 / (1u64 << 24) as f64
    };
    (0..n).map(|_| ((0..6).map(|_| uniform()).sum::<f64>() - 3.0) as f32 * std::f32::consts::SQRT_2).collect()
}

/// Fails with the worst element if any differs by more than `bound · max(1, largest)`; NaN must meet NaN.
pub fn assert_close(got: &[f32], want: &[f64], bound: f64, name: &str) {
    assert_eq!(got.len(), want.len(), "{name}: length");
    let largest = want.iter().filter(|x| x.is_finite()).fold(1.0f64, |largest, x| largest.max(x.abs()));
    for (i, (&got, &want)) in got.iter().zip(want).enumerate() {
        let same = got as f64 == want || (got.is_nan() && want.is_nan());
        assert!(same || (got as f64 - want).abs() <= bound * largest, "{name}[{i}]: got {got}, want {want}, bound {bound} × {largest}");
    }
}

/// The activation number `which` of the fused epilogue, in float64.
pub fn activate(x: f64, which: i32) -> f64 {
    match which {
        1 => x.max(0.0),
        2 => 0.5 * x * (1.0 + erf(x / std::f64::consts::SQRT_2)),
        _ => 0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x)).tanh()),
    }
}

/// erf by its Taylor series where that converges fast, else by the continued fraction of erfc.
pub fn erf(x: f64) -> f64 {
    if x.abs() < 3.0 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / n as f64;
            sum += term / (2 * n + 1) as f64;
        }
        return sum * 2.0 / std::f64::consts::PI.sqrt();
    }
    let z = x.abs();
    let fraction = (1..120).rev().fold(z, |f, n| z + n as f64 / 2.0 / f);
    let erfc = (-z * z).exp() / std::f64::consts::PI.sqrt() / fraction;
    (1.0 - erfc).copysign(x)
}

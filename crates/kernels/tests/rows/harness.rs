//! Random inputs, comparisons and a pool of threads.

use fovea_kernels::parallel::{Parallel, Serial, Task};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Numbers from a seed (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// In [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    /// Normal, mean 0, deviation 1 (Box and Muller).
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        (radius * (std::f64::consts::TAU * self.uniform()).cos()) as f32
    }

    pub fn normals(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.normal()).collect()
    }
}

pub fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| x as f64).collect()
}

/// A buffer to be written, full of what must not remain.
pub fn unset(n: usize) -> Vec<f32> {
    vec![f32::from_bits(0x7fc0_dead); n]
}

/// The largest |got − want|; NaN and infinities must be where they are wanted.
pub fn worst(got: &[f32], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    let mut worst: f64 = 0.0;
    for (i, (&got, &want)) in got.iter().zip(want).enumerate() {
        if want.is_finite() {
            let error = (got as f64 - want).abs();
            assert!(!error.is_nan(), "element {i}: {got} for {want}");
            worst = worst.max(error);
        } else {
            assert!(got as f64 == want || (got.is_nan() && want.is_nan()), "element {i}: {got} for {want}");
        }
    }
    worst
}

#[track_caller]
pub fn assert_close(what: &str, got: &[f32], want: &[f64], tolerance: f64) {
    let worst = worst(got, want);
    assert!(worst <= tolerance, "{what}: off by {worst:e}, more than {tolerance:e}");
}

/// For gradients: the tolerance is a share of the largest wanted, but 1e-7 at least, what inputs of about 1 leave of a wanted 0.
#[track_caller]
pub fn assert_gradient(what: &str, got: &[f32], want: &[f64]) {
    let largest = want.iter().fold(1e-2, |largest: f64, want| largest.max(want.abs()));
    assert_close(what, got, want, 1e-5 * largest);
}

/// ∂f/∂x by central differences.
pub fn gradient(x: &[f64], f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    const STEP: f64 = 1e-5;
    let mut x = x.to_vec();
    (0..x.len())
        .map(|i| {
            let here = x[i];
            x[i] = here + STEP;
            let above = f(&x);
            x[i] = here - STEP;
            let below = f(&x);
            x[i] = here;
            (above - below) / (2.0 * STEP)
        })
        .collect()
}

pub fn dot(a: &[f64], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, &b)| a * b as f64).sum()
}

/// The caller's thread, or several that take tasks as they come.
pub enum Pool {
    Serial,
    Threads(usize),
}

impl Parallel for Pool {
    fn run(&self, tasks: usize, nanoseconds: usize, task: &dyn Task) {
        let Pool::Threads(threads) = *self else { return Serial.run(tasks, nanoseconds, task) };
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let next = &next;
                scope.spawn(move || {
                    // Later threads start first, so that tasks are not done in order.
                    std::thread::sleep(std::time::Duration::from_micros(50 * (threads - thread) as u64));
                    loop {
                        match next.fetch_add(1, Ordering::Relaxed) {
                            index if index < tasks => task.run(index, thread),
                            _ => break,
                        }
                    }
                });
            }
        });
    }

    fn threads(&self) -> usize {
        match *self {
            Pool::Serial => 1,
            Pool::Threads(threads) => threads,
        }
    }
}

/// What `run` gives must have the same bits with one thread and with three.
#[track_caller]
pub fn assert_same_on_any_pool(run: impl Fn(&Pool) -> Vec<Vec<f32>>) {
    let bits = |pool| -> Vec<Vec<u32>> { run(&pool).iter().map(|out| out.iter().map(|x| x.to_bits()).collect()).collect() };
    assert!(bits(Pool::Serial) == bits(Pool::Threads(3)), "the bits depend on the threads");
}

//! The elementary functions against float64, over all of float32 or one float in 64.
//!
//! `exp_over_every_float` takes about a minute in a release build: `cargo test --release -- --ignored`.

use fovea_kernels::lanes::Lane;
use fovea_kernels::math::{exp, exp1, exp2, ln, ln1, tanh};

/// Distance in units of the last place of the float32 nearest to `want`.
fn ulps(got: f32, want: f64) -> f64 {
    let nearest = want as f32;
    let ulp = f32::from_bits(nearest.abs().to_bits() + 1) as f64 - nearest.abs() as f64;
    (got as f64 - want).abs() / ulp
}

/// The largest `error(x, f(x))` and its x, over the floats from `low` to `high` (one sign), one in `step`.
fn worst(low: f32, high: f32, step: usize, f: impl Fn(Lane) -> Lane, error: impl Fn(f32, f32) -> f64) -> (f64, f32) {
    let sign = high.to_bits() & 0x8000_0000;
    let (from, to) = (low.abs().to_bits().min(high.abs().to_bits()), low.abs().to_bits().max(high.abs().to_bits()));
    let mut worst = (0.0, 0.0);
    for bits in (from..=to).step_by(4 * step) {
        let x: [f32; 4] = core::array::from_fn(|i| f32::from_bits((bits + (i * step) as u32).min(to) | sign));
        let y = f(Lane::from_array(x)).to_array();
        for (x, y) in x.into_iter().zip(y) {
            let error = error(x, y);
            assert!(!error.is_nan(), "f({x:e}) = {y:e}");
            if error > worst.0 {
                worst = (error, x);
            }
        }
    }
    worst
}

fn exp_error(x: f32, y: f32) -> f64 {
    ulps(y, (x as f64).exp())
}

#[test]
fn exp_is_within_2_ulp() {
    let below = worst(-87.3, -1e-9, 64, exp, exp_error);
    let above = worst(1e-9, 88.722_83, 64, exp, exp_error);
    println!("exp: {below:?} ulp below 0, {above:?} ulp above");
    assert!(below.0 <= 2.0 && above.0 <= 2.0);
}

#[test]
#[ignore = "takes a minute: every float32 from -87.3 to 0"]
fn exp_over_every_float() {
    let below = worst(-87.3, -0.0, 1, exp, exp_error);
    println!("exp: {below:?} ulp");
    assert!(below.0 <= 2.0);
}

#[test]
fn exp_never_decreases_and_ends_at_zero() {
    let mut last = f32::INFINITY;
    for bits in (0..=f32::INFINITY.to_bits()).step_by(61) {
        let x = -f32::from_bits(bits);
        let y = exp1(x);
        assert!((0.0..=last).contains(&y), "exp({x:e}) = {y:e} after {last:e}");
        assert!(x > -87.336_55 || y <= 1.2e-38, "exp({x:e}) = {y:e}");
        last = y;
    }
    assert_eq!(exp1(f32::NEG_INFINITY), 0.0);
}

#[test]
fn exp_at_the_edges() {
    assert_eq!([exp1(0.0), exp1(-0.0)], [1.0, 1.0]);
    assert_eq!([exp1(88.73), exp1(1e30), exp1(f32::INFINITY)], [f32::INFINITY; 3]);
    assert!(exp1(88.722_83).is_finite());
    let [a, b, c, d] = exp(Lane::from_array([f32::NAN, 0.0, f32::NEG_INFINITY, -f32::NAN])).to_array();
    assert!(a.is_nan() && b == 1.0 && c == 0.0 && d.is_nan());
}

#[test]
fn exp2_is_within_3_ulp() {
    let error = |x: f32, y| ulps(y, (x as f64).exp2());
    let below = worst(-126.0, -1e-9, 64, exp2, error);
    let above = worst(1e-9, 127.0, 64, exp2, error);
    println!("exp2: {below:?} ulp below 0, {above:?} ulp above");
    assert!(below.0 <= 3.0 && above.0 <= 3.0);
    let edges = exp2(Lane::from_array([0.0, f32::NEG_INFINITY, -126.6, f32::NAN])).to_array();
    assert_eq!(edges[..3], [1.0, 0.0, 0.0]);
    assert!(edges[3].is_nan());
}

#[test]
fn tanh_is_within_4e_7_relative() {
    let worst = worst(1e-30, 1e30, 64, tanh, |x, y| {
        assert!(y <= 1.0, "tanh({x:e}) = {y:e}");
        (y as f64 / (x as f64).tanh() - 1.0).abs()
    });
    println!("tanh: {worst:?} relative");
    assert!(worst.0 <= 4e-7);
    let [zero, low, high, nan] = tanh(Lane::from_array([-0.0, f32::NEG_INFINITY, f32::INFINITY, f32::NAN])).to_array();
    assert_eq!((zero.to_bits(), low, high), ((-0.0_f32).to_bits(), -1.0, 1.0));
    assert!(nan.is_nan());
}

#[test]
fn ln_is_within_2_ulp() {
    let worst = worst(f32::from_bits(1), f32::MAX, 64, ln, |x, y| ulps(y, (x as f64).ln()));
    println!("ln: {worst:?} ulp");
    assert!(worst.0 <= 2.0);
    assert_eq!([ln1(1.0), ln1(0.0), ln1(-0.0), ln1(f32::INFINITY)], [0.0, f32::NEG_INFINITY, f32::NEG_INFINITY, f32::INFINITY]);
    assert!(ln1(-1.0).is_nan() && ln1(f32::NEG_INFINITY).is_nan() && ln1(f32::NAN).is_nan() && ln1(-1e-40).is_nan());
}

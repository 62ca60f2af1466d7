//! The elementary functions against float64, over all of float32 or one float in 64.
//!
//! `exp_over_every_float` takes about a minute in a release build: `cargo test --release -- --ignored`.

use fovea_kernels::lanes::Lane;
use fovea_kernels::math::{Powers, exp, exp1, expm1, ln, ln_1p, ln1, sigmoid, tanh};
use fovea_kernels::power::power;
use fovea_kernels::sine::sine;

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
fn powers_of_2_are_within_3_ulp() {
    let powers = Powers::CONSTANTS;
    let error = |x: f32, y| ulps(y, (x as f64).exp2());
    let below = worst(-126.0, -1e-9, 64, |x| powers.of_2(x), error);
    let above = worst(1e-9, 127.0, 64, |x| powers.of_2(x), error);
    println!("2^x: {below:?} ulp below 0, {above:?} ulp above");
    assert!(below.0 <= 3.0 && above.0 <= 3.0);
    let [one, zero, end, nan] = powers.of_2(Lane::from_array([0.0, -126.6, -127.4, f32::NAN])).to_array();
    assert_eq!([one, zero, end], [1.0, 0.0, 0.0]);
    assert!(nan.is_nan());
}

#[test]
fn powers_of_e_are_as_precise_as_their_argument() {
    let powers = Powers::CONSTANTS;
    // Of the largest power, 1: what softmax makes of it.
    let error = |x: f32, y: f32| (y as f64 - (x as f64).exp()).abs();
    let below = worst(-1e-9, -100.0, 64, |x| powers.of_e(x), error);
    let relative = |x: f32, y: f32| (y as f64 / (x as f64).exp() - 1.0).abs() / (1.0 + x.abs() as f64);
    let both = [worst(-1e-9, -87.0, 64, |x| powers.of_e(x), relative), worst(1e-9, 88.0, 64, |x| powers.of_e(x), relative)];
    println!("e^x: {below:?} absolute below 0, {both:?} relative to 1 + |x|");
    assert!(below.0 <= 2e-7 && both.iter().all(|(error, _)| *error <= 2e-7));
    let [one, zero, infinite, nan] = powers.of_e(Lane::from_array([0.0, -88.0, f32::NEG_INFINITY, f32::NAN])).to_array();
    assert_eq!([one, zero, infinite], [1.0, 0.0, 0.0]);
    assert!(nan.is_nan());
}

#[test]
fn sigmoid_is_within_3_ulp() {
    let error = |x: f32, y: f32| {
        assert!(y <= 1.0, "sigmoid({x:e}) = {y:e}");
        ulps(y, 1.0 / (1.0 + (-x as f64).exp()))
    };
    let below = worst(-1e-30, -87.3, 64, sigmoid, error);
    let above = worst(1e-30, 1e30, 64, sigmoid, error);
    println!("sigmoid: {below:?} ulp below 0, {above:?} ulp above");
    assert!(below.0 <= 3.0 && above.0 <= 3.0);
    let [low, high, half, nan] = sigmoid(Lane::from_array([-200.0, f32::INFINITY, -0.0, f32::NAN])).to_array();
    assert!(low == 0.0 && high == 1.0 && half == 0.5 && nan.is_nan());
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

#[test]
fn expm1_and_ln_1p_keep_their_precision_near_zero() {
    let relative = |want: fn(f64) -> f64| move |x: f32, y: f32| (y as f64 / want(x as f64) - 1.0).abs();
    let below = worst(-80.0, -1e-30, 64, expm1, relative(f64::exp_m1));
    let above = worst(1e-30, 80.0, 64, expm1, relative(f64::exp_m1));
    let logarithm = worst(1e-30, 1.0, 64, ln_1p, |x, y| ulps(y, (x as f64).ln_1p()));
    println!("expm1: {below:?} below 0, {above:?} above, relative; ln_1p: {logarithm:?} ulp");
    assert!(below.0 <= 6e-7 && above.0 <= 6e-7 && logarithm.0 <= 3.0);
    assert_eq!(expm1(Lane::from_array([0.0, f32::NEG_INFINITY, f32::INFINITY, 89.5])).to_array(), [0.0, -1.0, f32::INFINITY, f32::INFINITY]);
}

#[test]
fn sine_is_within_2e_7_everywhere() {
    for (name, quarters, want) in [("sin", 0, f64::sin as fn(f64) -> f64), ("cos", 1, f64::cos), ("−sin", 2, |x| -x.sin())] {
        let error = |x: f32, y: f32| (y as f64 - want(x as f64)).abs();
        let near = worst(1e-30, 8192.0, 64, |x| sine(x, quarters), error);
        let far = worst(8192.0, f32::MAX, 64, |x| sine(x, quarters), error);
        let negative = worst(-1e30, -1e-30, 64, |x| sine(x, quarters), error);
        println!("{name}: {near:?} up to 8192, {far:?} beyond, {negative:?} below 0");
        assert!(near.0 <= 2e-7 && far.0 <= 2e-7 && negative.0 <= 2e-7);
    }
    let mixed = [f32::NAN, 1.0, 1e20, f32::INFINITY];
    let [a, b, c, d] = sine(Lane::from_array(mixed), 0).to_array();
    assert!(a.is_nan() && (b - 0.841_471).abs() < 2e-7 && (c as f64 - (1e20_f32 as f64).sin()).abs() < 2e-7 && d.is_nan());
}

#[test]
fn power_is_within_8_ulp() {
    for a in [0.5_f32, -0.5, 1.5, 2.2, -3.7, 9.0, -11.0, 29.9, 1.0 / 3.0] {
        let (low, high) = ((1.2e-38_f64.powf(1.0 / a as f64)).clamp(1e-37, 1e37), (3e38_f64.powf(1.0 / a as f64)).clamp(1e-37, 1e37));
        let (low, high) = (low.min(high) * 1.01, high.max(low) * 0.99);
        let worst = worst(low as f32, high as f32, 64, |x| power(x, a), |x, y| ulps(y, (x as f64).powf(a as f64)));
        println!("x^{a}: {worst:?} ulp");
        assert!(worst.0 <= if a.abs() <= 11.0 { 5.0 } else { 8.0 });
    }
}

#[test]
fn power_at_the_edges() {
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    let x = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, inf, -inf, nan, 1e-40, 0.5, 3e38];
    for a in [0.0, 1.0, -1.0, 2.0, 3.0, -3.0, 0.25, -0.25, 9.0, 10.0, -9.0, -10.0, 1e9, -1e9, 3e9, 1e30] {
        for x in x {
            let (got, want) = (power(Lane::splat(x), a).to_array()[0], (x as f64).powf(a as f64) as f32);
            let well = got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan()) || (got as f64 / want as f64 - 1.0).abs() < 4e-7;
            assert!(well || want.abs() < f32::MIN_POSITIVE && got.abs() < f32::MIN_POSITIVE, "{x:e}^{a:e} = {got:e}, not {want:e}");
        }
    }
}

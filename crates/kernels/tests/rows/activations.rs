use crate::harness::*;
use fovea_kernels::lanes::Lane;
use fovea_kernels::parallel::Serial;
use fovea_kernels::rng::Dropout;
use fovea_kernels::{dropout, gelu, relu};

/// Φ(−a) for a ≥ 0: the series of erf below 2, the continued fraction of erfc above.
fn normal_tail(a: f64) -> f64 {
    let z = a / std::f64::consts::SQRT_2;
    if z < 2.0 {
        let (mut term, mut sum) = (z, z);
        for k in 1..60 {
            term *= -z * z / k as f64;
            sum += term / (2 * k + 1) as f64;
        }
        0.5 - sum / std::f64::consts::PI.sqrt()
    } else {
        let fraction = (1..200).rev().fold(z, |below, k| z + 0.5 * k as f64 / below);
        0.5 * (-z * z).exp() / (fraction * std::f64::consts::PI.sqrt())
    }
}

/// `(x · Φ(x), its derivative)`, by erf or by tanh.
fn gelu64(x: f64, by_tanh: bool) -> (f64, f64) {
    let (phi, density) = if by_tanh {
        let slope = 2.0 * (2.0 / std::f64::consts::PI).sqrt();
        let phi = 1.0 / (1.0 + (-slope * (x + 0.044715 * x.powi(3))).exp());
        let complement = 1.0 / (1.0 + (slope * (x + 0.044715 * x.powi(3))).exp());
        (phi, phi * complement * slope * (1.0 + 3.0 * 0.044715 * x * x))
    } else {
        let tail = normal_tail(x.abs());
        (if x < 0.0 { tail } else { 1.0 - tail }, (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt())
    };
    (x * phi, phi + x * density)
}

/// The largest error of forward (over `max(1, |x|)`) and of the derivative, over one float in 64 up to ±`limit`.
fn gelu_errors(by_tanh: bool) -> (f64, f64) {
    let (mut forward, mut derivative): (f64, f64) = (0.0, 0.0);
    for bits in (1e-6_f32.to_bits()..100_f32.to_bits()).step_by(128) {
        let a = f32::from_bits(bits);
        let b = f32::from_bits(bits + 64);
        let x = [a, -a, b, -b];
        let lane = Lane::from_array(x);
        let (y, dy) = if by_tanh { (gelu::tanh(lane), gelu::tanh_derivative(lane)) } else { (gelu::erf(lane), gelu::erf_derivative(lane)) };
        for ((x, y), dy) in x.into_iter().zip(y.to_array()).zip(dy.to_array()) {
            let (want, want_dy) = gelu64(x as f64, by_tanh);
            let error = (y as f64 - want).abs() / x.abs().max(1.0) as f64;
            assert!(error.is_finite() && dy.is_finite(), "gelu({x}) = {y}, {dy}");
            forward = forward.max(error);
            derivative = derivative.max((dy as f64 - want_dy).abs());
        }
    }
    (forward, derivative)
}

#[test]
fn gelu_by_erf_and_by_tanh() {
    for by_tanh in [false, true] {
        let (forward, derivative) = gelu_errors(by_tanh);
        println!("gelu, tanh {by_tanh}: forward {forward:e}, derivative {derivative:e}");
        assert!(forward <= 2.5e-7 && derivative <= 5e-7);
    }
}

#[test]
fn gelu_derivative_reference_is_the_gradient() {
    for by_tanh in [false, true] {
        for x in (-60..60).map(|x| x as f64 / 9.0) {
            let numeric = gradient(&[x], |x| gelu64(x[0], by_tanh).0);
            assert!((gelu64(x, by_tanh).1 - numeric[0]).abs() < 1e-9, "at {x}");
        }
    }
}

#[test]
fn gelu_at_the_edges() {
    for value in [gelu::erf, gelu::tanh] {
        let [low, high, nan, zero] = value(Lane::from_array([f32::NEG_INFINITY, f32::INFINITY, f32::NAN, 0.0])).to_array();
        assert!(low == 0.0 && high == f32::INFINITY && nan.is_nan() && zero == 0.0);
        let large = value(Lane::from_array([-1e30, 1e30, -50.0, 50.0])).to_array();
        assert_eq!(large, [0.0, 1e30, 0.0, 50.0]);
    }
    for derivative in [gelu::erf_derivative, gelu::tanh_derivative] {
        let [low, high, nan, zero] = derivative(Lane::from_array([f32::NEG_INFINITY, f32::INFINITY, f32::NAN, 0.0])).to_array();
        assert!(low == 0.0 && high == 1.0 && nan.is_nan() && zero == 0.5);
    }
}

#[test]
fn every_length() {
    let mut random = Random(1);
    for n in [0, 1, 3, 4, 5, 7, 8, 31, 64, 65, 1000, 16_383, 16_385, 40_001] {
        let (x, d_out) = (random.normals(n), random.normals(n));
        let (mut y, mut d_x) = (unset(n), unset(n));
        for by_tanh in [false, true] {
            gelu::forward(&x, &mut y, by_tanh, &Serial);
            gelu::backward(&x, &d_out, &mut d_x, by_tanh, &Serial);
            let want: Vec<(f64, f64)> = x.iter().map(|&x| gelu64(x as f64, by_tanh)).collect();
            assert_close("gelu", &y, &want.iter().map(|want| want.0).collect::<Vec<_>>(), 1e-6);
            let want_dx: Vec<f64> = want.iter().zip(&d_out).map(|(want, &d)| want.1 * d as f64).collect();
            assert_close("d_x", &d_x, &want_dx, 2e-6);
        }
        relu::forward(&x, &mut y, &Serial);
        relu::backward(&x, &d_out, &mut d_x, &Serial);
        for i in 0..n {
            assert_eq!((y[i], d_x[i]), if x[i] > 0.0 { (x[i], d_out[i]) } else { (0.0, 0.0) });
        }
    }
}

#[test]
fn relu_at_the_edges() {
    let x = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0];
    let (mut y, mut d_x) = (unset(5), unset(5));
    relu::forward(&x, &mut y, &Serial);
    relu::backward(&x, &[7.0; 5], &mut d_x, &Serial);
    assert!(y[0].is_nan());
    assert_eq!(y[1..], [f32::INFINITY, 0.0, 0.0, 0.0]);
    assert_eq!(d_x[1..], [7.0, 0.0, 0.0, 0.0]);
}

/// Element i of the buffer has the random bits of column i in row 0, whatever the tasks.
#[test]
fn dropout_follows_the_generator() {
    for n in [0, 1, 3, 4, 5, 65, 1000, 16_385, 50_003] {
        let x = Random(2).normals(n);
        let mut out = unset(n);
        dropout::forward(&x, &mut out, 0.3, 77, &Serial);
        let row = Dropout::new(0.3, 77).row(0);
        for i in 0..n {
            let factor = row.factors(i / 4 * 4).to_array()[i % 4];
            assert_eq!(out[i], if factor == 0.0 { 0.0 } else { x[i] * factor }, "element {i} of {n}");
        }
    }
}

#[test]
fn dropout_keeps_the_mean_and_drops_anything() {
    let n = 100_000;
    for (p, key) in [(0.1, 1), (0.5, -2), (0.9, i32::MIN)] {
        let mut out = unset(n);
        dropout::forward(&vec![1.0; n], &mut out, p, key, &Serial);
        let dropped = out.iter().filter(|&&y| y == 0.0).count() as f64 / n as f64;
        let deviation = (p * (1.0 - p)) as f64;
        assert!((dropped - p as f64).abs() < 4.0 * (deviation / n as f64).sqrt(), "p {p}: dropped {dropped}");
        assert!(out.iter().all(|&y| y == 0.0 || y == 1.0 / (1.0 - p)));
    }
    let (mut none, mut all) = (unset(5), unset(5));
    let x = [f32::NAN, f32::INFINITY, -1.0, 0.5, 2.0];
    dropout::forward(&x, &mut all, 1.0, 3, &Serial);
    dropout::forward(&x, &mut none, 0.0, 3, &Serial);
    assert_eq!(all, [0.0; 5]);
    assert!(none[0].is_nan() && none[1..] == x[1..]);
}

/// Whether one element is kept tells nothing about its neighbour in the row, in the column, or by the next key: 4 standard deviations.
#[test]
fn dropped_elements_are_independent() {
    let n = 1 << 20;
    for (p, distance) in [(0.1, 1), (0.1, 4), (0.5, 1), (0.5, 3), (0.5, 1024), (0.9, 7)] {
        let kept = |key: i32, row: usize| -> Vec<f64> {
            let row = Dropout::new(p, key).row(row);
            let factors = (0..n).step_by(4).flat_map(|col| row.factors(col).to_array());
            factors.map(|factor| if factor == 0.0 { 0.0 } else { 1.0 }).collect()
        };
        let (here, below, other) = (kept(5, 9), kept(5, 10), kept(6, 9));
        let mean = 1.0 - p as f64;
        for (what, there) in [("column", &here[distance..]), ("row", &below[..]), ("key", &other[..])] {
            let products: f64 = here.iter().zip(there).map(|(a, b)| (a - mean) * (b - mean)).sum();
            let correlation = products / there.len() as f64 / (mean * (1.0 - mean));
            assert!(correlation.abs() < 4.0 / (there.len() as f64).sqrt(), "p {p}, next {what}, {distance}: {correlation}");
        }
    }
}

#[test]
fn same_bits_on_any_pool() {
    let x = Random(3).normals(100_003);
    assert_same_on_any_pool(|pool| {
        let mut outs = vec![unset(x.len()); 6];
        gelu::forward(&x, &mut outs[0], false, pool);
        gelu::forward(&x, &mut outs[1], true, pool);
        gelu::backward(&x, &x, &mut outs[2], false, pool);
        relu::forward(&x, &mut outs[3], pool);
        relu::backward(&x, &x, &mut outs[4], pool);
        dropout::forward(&x, &mut outs[5], 0.4, 9, pool);
        outs
    });
}

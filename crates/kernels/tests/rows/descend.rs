use crate::harness::*;
use fovea_kernels::descend::{Moments, Step, step};
use fovea_kernels::parallel::Serial;

const BETAS: (f32, f32) = (0.9, 0.999);

/// Step number `t` of AdamW, its corrections from the float32 betas.
fn adamw(t: i32, lr: f32, eps: f32, weight_decay: f32) -> Step {
    let correction = |beta: f32| 1.0 - (beta as f64).powi(t);
    Step {
        sign: 1.0,
        l2: 0.0,
        from_m: BETAS.0,
        from_grad: 1.0 - BETAS.0,
        keep_m: BETAS.0,
        gain_m: 1.0 - BETAS.0,
        keep_v: BETAS.1,
        gain_v: 1.0 - BETAS.1,
        center: 0.0,
        scale_v: (1.0 / correction(BETAS.1)) as f32,
        eps,
        rate: (lr as f64 / correction(BETAS.0)) as f32,
        decay: lr * weight_decay,
        signed: false,
    }
}

/// Every number in use.
fn everything(signed: bool) -> Step {
    Step {
        sign: -1.0,
        l2: 0.1,
        from_m: 0.7,
        from_grad: 0.4,
        keep_m: 0.8,
        gain_m: 0.3,
        keep_v: 0.9,
        gain_v: 0.2,
        center: 0.5,
        scale_v: 1.7,
        eps: 1e-3,
        rate: 0.05,
        decay: 0.02,
        signed,
    }
}

fn with<'a>(m: &'a mut [f32], v: &'a mut [f32]) -> Moments<'a> {
    Moments { m: Some(m), v: Some(v), peak: None }
}

/// PyTorch's update, with the betas as they are written.
fn adamw64(param: &mut [f64], grad: &[f32], m: &mut [f64], v: &mut [f64], t: i32, lr: f64, eps: f64, weight_decay: f64) {
    let (beta1, beta2): (f64, f64) = (0.9, 0.999);
    for i in 0..param.len() {
        let grad = grad[i] as f64;
        param[i] *= 1.0 - lr * weight_decay;
        m[i] = beta1 * m[i] + (1.0 - beta1) * grad;
        v[i] = beta2 * v[i] + (1.0 - beta2) * grad * grad;
        let denominator = v[i].sqrt() / (1.0 - beta2.powi(t)).sqrt() + eps;
        param[i] -= lr / (1.0 - beta1.powi(t)) * m[i] / denominator;
    }
}

#[test]
fn adamw_of_every_length_for_some_steps() {
    let mut random = Random(1);
    for n in [0, 1, 3, 4, 5, 7, 8, 31, 64, 65, 1000, 1025, 16_385, 40_001] {
        let mut param = random.normals(n);
        let (mut m, mut v) = (vec![0.0; n], vec![0.0; n]);
        let (mut param64, mut m64, mut v64) = (wide(&param), wide(&m), wide(&v));
        for t in 1..=5 {
            let grad = random.normals(n);
            step(&mut param, &grad, with(&mut m, &mut v), &adamw(t, 1e-2, 1e-8, 0.1), &Serial);
            adamw64(&mut param64, &grad, &mut m64, &mut v64, t, 1e-2, 1e-8, 0.1);
        }
        assert_close("param", &param, &param64, 1e-6);
        assert_close("m", &m, &m64, 1e-6);
        assert_close("v", &v, &v64, 1e-6);
    }
}

/// Decay of 1e-5 a step is where `1 − lr · weight_decay` in float32 drifts by 3e-5.
#[test]
fn thousand_steps_stay_within_1e_5() {
    let mut random = Random(2);
    let n = 67;
    let mut param: Vec<f32> = random.normals(n).iter().map(|x| x + 3.0 * x.signum()).collect();
    let (mut m, mut v) = (vec![0.0; n], vec![0.0; n]);
    let (mut param64, mut m64, mut v64) = (wide(&param), wide(&m), wide(&v));
    for t in 1..=1000 {
        let grad = random.normals(n);
        step(&mut param, &grad, with(&mut m, &mut v), &adamw(t, 1e-3, 1e-8, 0.01), &Serial);
        adamw64(&mut param64, &grad, &mut m64, &mut v64, t, 1e-3, 1e-8, 0.01);
    }
    let relative = param.iter().zip(&param64).map(|(got, want)| (*got as f64 / want - 1.0).abs()).fold(0.0, f64::max);
    println!("AdamW: {relative:e} after 1,000 steps");
    assert!(relative <= 1e-5);
}

/// The form at the top of descend.rs, one element, in float64.
fn formula(given: [f64; 5], which: (bool, bool, bool), s: &Step) -> [f64; 4] {
    let [mut param, grad, mut m, mut v, mut peak] = given;
    let f = |x: f32| x as f64;
    let g = f(s.sign) * grad + f(s.l2) * param;
    let mut towards = f(s.from_grad) * g + if which.0 { f(s.from_m) * m } else { 0.0 };
    m = if which.0 { f(s.keep_m) * m + f(s.gain_m) * g } else { m };
    v = if which.1 { f(s.keep_v) * v + f(s.gain_v) * g * g } else { v };
    peak = if which.2 { peak.max(v) } else { peak };
    let centered = if which.0 { (v - f(s.center) * m * m).max(0.0) } else { v };
    let spread = if which.2 { peak } else { centered };
    if which.1 {
        towards /= (f(s.scale_v) * spread).sqrt() + f(s.eps);
    }
    if s.signed {
        towards = if towards == 0.0 { 0.0 } else { towards.signum() };
    }
    param -= f(s.decay) * param + f(s.rate) * towards;
    [param, m, v, peak]
}

#[test]
fn every_choice_of_moments_is_the_formula() {
    let n = 37;
    for (which, signed) in [
        ((false, false, false), false),
        ((true, false, false), false),
        ((true, false, false), true),
        ((false, true, false), false),
        ((true, true, false), false),
        ((true, true, true), false),
    ] {
        let mut random = Random(5);
        let (mut param, grad, mut m) = (random.normals(n), random.normals(n), random.normals(n));
        let mut v: Vec<f32> = random.normals(n).iter().map(|x| x * x).collect();
        let mut peak: Vec<f32> = random.normals(n).iter().map(|x| x * x).collect();
        let s = everything(signed);
        let want: Vec<[f64; 4]> = (0..n)
            .map(|i| formula([param[i], grad[i], m[i], v[i], peak[i]].map(|x| x as f64), which, &s))
            .collect();
        let moments =
            Moments { m: which.0.then_some(&mut m[..]), v: which.1.then_some(&mut v[..]), peak: which.2.then_some(&mut peak[..]) };
        step(&mut param, &grad, moments, &s, &Serial);
        for (at, (what, got)) in [("param", &param), ("m", &m), ("v", &v), ("peak", &peak)].into_iter().enumerate() {
            let want: Vec<f64> = want.iter().map(|row| row[at]).collect();
            assert_close(what, got, &want, 1e-5);
        }
    }
}

#[test]
fn a_sign_of_nothing_is_0() {
    let (mut param, mut m) = (vec![1.0, 1.0, 1.0], vec![0.0; 3]);
    let s = Step { l2: 0.0, decay: 0.0, rate: 0.5, sign: 1.0, ..everything(true) };
    step(&mut param, &[0.0, 3.0, f32::NAN], Moments { m: Some(&mut m), v: None, peak: None }, &s, &Serial);
    assert_eq!(param[..2], [1.0, 0.5]);
    assert!(param[2].is_nan());
}

#[test]
fn same_bits_on_any_pool() {
    let (param, grad) = (Random(3).normals(70_001), Random(4).normals(70_001));
    assert_same_on_any_pool(|pool| {
        let (mut param, mut m, mut v) = (param.clone(), grad.clone(), param.iter().map(|x| x * x).collect::<Vec<_>>());
        step(&mut param, &grad, with(&mut m, &mut v), &adamw(3, 1e-2, 1e-8, 0.1), pool);
        vec![param, m, v]
    });
}

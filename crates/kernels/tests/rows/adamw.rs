use crate::harness::*;
use fovea_kernels::adamw::{Step, step};
use fovea_kernels::parallel::Serial;

const BETAS: (f32, f32) = (0.9, 0.999);

/// Step number `t`, its corrections from the float32 betas.
fn at(t: i32, lr: f32, eps: f32, weight_decay: f32) -> Step {
    let correction = |beta: f32| (1.0 - (beta as f64).powi(t)) as f32;
    Step { lr, beta1: BETAS.0, beta2: BETAS.1, eps, weight_decay, correction1: correction(BETAS.0), correction2: correction(BETAS.1) }
}

/// PyTorch's update, with the betas as they are written.
fn step64(param: &mut [f64], grad: &[f32], m: &mut [f64], v: &mut [f64], t: i32, lr: f64, eps: f64, weight_decay: f64) {
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
fn every_length_for_some_steps() {
    let mut random = Random(1);
    for n in [0, 1, 3, 4, 5, 7, 8, 31, 64, 65, 1000, 1025, 16_385, 40_001] {
        let mut param = random.normals(n);
        let (mut m, mut v) = (vec![0.0; n], vec![0.0; n]);
        let (mut param64, mut m64, mut v64) = (wide(&param), wide(&m), wide(&v));
        for t in 1..=5 {
            let grad = random.normals(n);
            step(&mut param, &grad, &mut m, &mut v, &at(t, 1e-2, 1e-8, 0.1), &Serial);
            step64(&mut param64, &grad, &mut m64, &mut v64, t, 1e-2, 1e-8, 0.1);
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
        step(&mut param, &grad, &mut m, &mut v, &at(t, 1e-3, 1e-8, 0.01), &Serial);
        step64(&mut param64, &grad, &mut m64, &mut v64, t, 1e-3, 1e-8, 0.01);
    }
    let relative = param.iter().zip(&param64).map(|(got, want)| (*got as f64 / want - 1.0).abs()).fold(0.0, f64::max);
    println!("AdamW: {relative:e} after 1,000 steps");
    assert!(relative <= 1e-5);
}

#[test]
fn same_bits_on_any_pool() {
    let (param, grad) = (Random(3).normals(70_001), Random(4).normals(70_001));
    assert_same_on_any_pool(|pool| {
        let (mut param, mut m, mut v) = (param.clone(), grad.clone(), param.iter().map(|x| x * x).collect::<Vec<_>>());
        step(&mut param, &grad, &mut m, &mut v, &at(3, 1e-2, 1e-8, 0.1), pool);
        vec![param, m, v]
    });
}

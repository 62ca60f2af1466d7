use crate::harness::*;
use fovea_kernels::elementwise_loss::{Loss, backward, forward};
use fovea_kernels::parallel::{Parallel, Serial};

/// Losses and sums, then the gradients of `x` and target under `d_losses`.
fn run(x: &[f32], target: &[f32], d_losses: &[f32], loss: &Loss, pool: &impl Parallel) -> [Vec<f32>; 4] {
    let (mut losses, mut partials) = (unset(x.len()), unset(x.len().div_ceil(4096)));
    forward(x, target, Some(&mut losses), Some(&mut partials), loss, pool);
    let (mut d_x, mut d_target) = (unset(x.len()), unset(x.len()));
    backward(x, target, Some(d_losses), f32::NAN, &mut d_x, false, loss, pool);
    backward(x, target, Some(d_losses), f32::NAN, &mut d_target, true, loss, pool);
    [losses, partials, d_x, d_target]
}

fn loss64(kind: i32, x: f64, t: f64, beta: f64, scale: f64, positive: f64) -> f64 {
    let d = (x - t).abs();
    match kind {
        0 => scale * if d < beta { d * d / 2.0 } else { beta * (d - beta / 2.0) },
        1 => d,
        2 => t * (t.ln() - x),
        3 => t.exp() * (t - x),
        4 => positive * t * (-x).exp().ln_1p() + (1.0 - t) * x.exp().ln_1p(),
        _ => -t * x.ln() - (1.0 - t) * (1.0 - x).ln(),
    }
}

/// Inputs at which the loss has a slope: probabilities for kind 5, positive targets for 2, 4 and 5.
fn inputs(kind: i32, n: usize, random: &mut Random) -> [Vec<f32>; 2] {
    let mut open = |low: f64| (0..n).map(|_| (low + (1.0 - 2.0 * low) * random.uniform()) as f32).collect::<Vec<_>>();
    let (probabilities, targets) = (open(0.02), open(0.01));
    let x = if kind == 5 { probabilities } else { random.normals(n).iter().map(|x| 2.0 * x).collect() };
    [x, if matches!(kind, 2 | 4 | 5) { targets } else { random.normals(n) }]
}

#[test]
fn every_kind_against_float64() {
    let mut random = Random(1);
    for kind in 0..6 {
        for n in [0, 1, 3, 4, 5, 31, 1023, 1025, 4097, 16_387] {
            let [x, target] = inputs(kind, n, &mut random);
            let (weights, positive) = ([0.5, 2.0, 1.5, 0.25, 3.0], [0.5, 3.0, 2.0]);
            let loss = Loss { kind, beta: 0.7, scale: 1.3, positive: Some(&positive), weights: Some(&weights) };
            let d_losses = random.normals(n);
            let [losses, partials, d_x, d_target] = run(&x, &target, &d_losses, &loss, &Serial);
            let of = |i: usize, x: f64, t: f64| {
                weights[i % 5] as f64 * loss64(kind, x, t, 0.7f32.into(), 1.3f32.into(), positive[i % 3] as f64)
            };
            let want: Vec<f64> = (0..n).map(|i| of(i, x[i].into(), target[i].into())).collect();
            let largest = want.iter().fold(1.0, |largest: f64, x| largest.max(x.abs()));
            assert_close(&format!("losses of kind {kind}"), &losses, &want, 1e-6 * largest);
            let sums: Vec<f64> = want.chunks(4096).map(|block| block.iter().sum()).collect();
            assert_close(&format!("sums of kind {kind}"), &partials, &sums, 1e-5 * n as f64);
            let slope = |f: &dyn Fn(f64) -> f64, at: f64| (f(at + 1e-6) - f(at - 1e-6)) / 2e-6;
            let slopes = |of_target: bool| -> Vec<f64> {
                let at = |i: usize| (x[i] as f64, target[i] as f64);
                let one = |i: usize| match of_target {
                    false => slope(&|x| of(i, x, at(i).1), at(i).0),
                    true => slope(&|t| of(i, at(i).0, t), at(i).1),
                };
                (0..n).map(|i| one(i) * d_losses[i] as f64).collect()
            };
            assert_gradient(&format!("slopes of kind {kind}"), &d_x, &slopes(false));
            assert_gradient(&format!("slopes in the target of kind {kind}"), &d_target, &slopes(true));
        }
    }
}

#[test]
fn edges() {
    let of = |kind, x: f32, t: f32| {
        let loss = Loss { kind, beta: f32::INFINITY, scale: 2.0, positive: None, weights: None };
        run(&[x], &[t], &[1.0], &loss, &Serial).map(|values| values[0])
    };
    assert_eq!(of(1, 2.0, 2.0), [0.0; 4]);
    assert_eq!(of(0, 1e-15, 0.0)[0], 1e-30);
    // 0 · ln 0 is 0, whatever is expected of what never happens.
    assert_eq!(of(2, f32::NEG_INFINITY, 0.0)[0], 0.0);
    assert_eq!(of(3, f32::NEG_INFINITY, f32::NEG_INFINITY)[0], 0.0);
    // Right and sure: a loss that is small, not 0.
    let [loss, _, d_x, _] = of(4, 30.0, 1.0);
    assert!((loss / 9.357_623e-14 - 1.0).abs() < 1e-5 && (d_x / -9.357_623e-14 - 1.0).abs() < 1e-5, "{loss} {d_x}");
    assert_eq!(of(4, 1e30, 0.0), [1e30, 1e30, 1.0, -1e30]);
    assert_eq!(of(5, 0.0, 1.0), [100.0, 100.0, -1e12, 100.0]);
    assert_eq!(of(5, 1.0, 1.0), [0.0, 0.0, 0.0, -100.0]);
    for kind in 0..6 {
        assert!(of(kind, f32::NAN, 0.5)[0].is_nan() && of(kind, 0.5, f32::NAN)[0].is_nan(), "{kind}");
    }
}

#[test]
fn same_bits_on_any_pool() {
    let [x, target] = inputs(4, 70_001, &mut Random(3));
    let (weights, d_losses) = (Random(4).normals(11), Random(5).normals(70_001));
    let loss = Loss { kind: 4, beta: 0.0, scale: 0.0, positive: None, weights: Some(&weights) };
    assert_same_on_any_pool(|pool| run(&x, &target, &d_losses, &loss, pool).into());
}

use crate::harness::*;
use fovea_kernels::layer_norm::{backward, forward};
use fovea_kernels::parallel::Serial;

const EPS: f32 = 1e-5;

fn forward64(x: &[f64], weight: Option<&[f64]>, bias: Option<&[f64]>, cols: usize, eps: f64) -> Vec<f64> {
    let row = |x: &[f64]| -> Vec<f64> {
        let mean = x.iter().sum::<f64>() / cols as f64;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / cols as f64;
        let y = x.iter().map(|x| (x - mean) / (variance + eps).sqrt());
        y.enumerate().map(|(c, y)| y * weight.map_or(1.0, |w| w[c]) + bias.map_or(0.0, |b| b[c])).collect()
    };
    x.chunks_exact(cols).flat_map(row).collect()
}

/// out, mean, rstd.
fn run(x: &[f32], weight: Option<&[f32]>, bias: Option<&[f32]>, cols: usize, eps: f32) -> [Vec<f32>; 3] {
    let rows = x.len() / cols;
    let (mut out, mut mean, mut rstd) = (unset(x.len()), unset(rows), unset(rows));
    forward(x, weight, bias, &mut out, &mut mean, &mut rstd, cols, eps, &Serial);
    [out, mean, rstd]
}

fn offset(x: &[f32], by: f32) -> Vec<f32> {
    x.iter().map(|x| x + by).collect()
}

#[test]
fn rows_of_every_width() {
    let mut random = Random(1);
    for cols in [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 63, 64, 65, 100, 192, 768, 1000, 1025, 4096, 65_536] {
        let (x, weight, bias) = (random.normals(3 * cols), random.normals(cols), random.normals(cols));
        let (wide_weight, wide_bias) = (wide(&weight), wide(&bias));
        for (with_weight, with_bias) in [(false, false), (false, true), (true, false), (true, true)] {
            let [out, ..] = run(&x, with_weight.then_some(&weight), with_bias.then_some(&bias), cols, EPS);
            let wide_weight = with_weight.then_some(&wide_weight[..]);
            let want = forward64(&wide(&x), wide_weight, with_bias.then_some(&wide_bias), cols, EPS as f64);
            assert_close(&format!("3 rows of {cols}"), &out, &want, 3e-6);
        }
    }
}

#[test]
fn rows_far_from_zero() {
    let mut random = Random(2);
    for by in [1e2, 1e4, 1e6, -1e6] {
        for cols in [7, 100, 768, 4096] {
            let x = offset(&random.normals(5 * cols), by);
            let [out, mean, _] = run(&x, None, None, cols, EPS);
            assert_close(&format!("{cols} around {by}"), &out, &forward64(&wide(&x), None, None, cols, EPS as f64), 3e-6);
            let means: Vec<f64> = wide(&x).chunks_exact(cols).map(|row| row.iter().sum::<f64>() / cols as f64).collect();
            assert_close("mean", &mean, &means, 1e-7 * by.abs() as f64);
        }
    }
}

#[test]
fn rows_that_start_far_from_their_mean() {
    let mut random = Random(6);
    for cols in [17, 768, 3000] {
        let mut x = random.normals(3 * cols);
        x.chunks_exact_mut(cols).for_each(|row| row[0] *= 1e4);
        let [out, ..] = run(&x, None, None, cols, EPS);
        let want = forward64(&wide(&x), None, None, cols, EPS as f64);
        let (got, want): (Vec<f32>, Vec<f64>) = (0..out.len()).filter(|i| i % cols > 0).map(|i| (out[i], want[i])).unzip();
        assert_close(&format!("{cols}, the first one large"), &got, &want, 3e-6);
    }
}

#[test]
fn constant_rows_give_the_bias() {
    for value in [0.0, 0.1, -7e5, 1e30] {
        for cols in [1, 5, 64, 1023] {
            let (x, bias) = (vec![value; cols], Random(3).normals(cols));
            let [out, mean, rstd] = run(&x, Some(&bias), Some(&bias), cols, EPS);
            assert_eq!((out, mean[0]), (bias, value));
            assert!((rstd[0] as f64 * (EPS as f64).sqrt() - 1.0).abs() < 1e-6);
        }
    }
}

#[test]
fn rows_of_any_size() {
    let mut random = Random(4);
    for (size, eps) in [(1e-3, 1e-12), (1e3, EPS), (1e18, EPS), (1e30, EPS), (1e-12, 0.0)] {
        let x: Vec<f32> = random.normals(2 * 768).iter().map(|x| x * size).collect();
        let [out, ..] = run(&x, None, None, 768, eps);
        assert_close(&format!("{size:e}"), &out, &forward64(&wide(&x), None, None, 768, eps as f64), 1e-5);
    }
    let mut one_outlier = random.normals(768);
    for at in [0, 5, 767] {
        one_outlier[at] = 1e6;
        let [out, ..] = run(&one_outlier, None, None, 768, EPS);
        assert_close("an outlier", &out, &forward64(&wide(&one_outlier), None, None, 768, EPS as f64), 1e-5);
    }
}

#[test]
fn a_spoilt_row_is_alone() {
    for bad in [f32::NAN, f32::INFINITY] {
        for at in [0, 3, 12] {
            let clean = Random(5).normals(3 * 13);
            let mut x = clean.clone();
            x[13 + at] = bad;
            let ([out, ..], [want, ..]) = (run(&x, None, None, 13, EPS), run(&clean, None, None, 13, EPS));
            assert_eq!((&out[..13], &out[26..]), (&want[..13], &want[26..]));
            assert!(out[13..26].iter().all(|y| y.is_nan()));
        }
    }
}

/// d_x, d_weight, d_bias.
fn run_backward(d_out: &[f32], x: &[f32], weight: Option<&[f32]>, cols: usize) -> [Vec<f32>; 3] {
    let rows = x.len() / cols;
    let [_, mean, rstd] = run(x, weight, None, cols, EPS);
    let (mut d_x, mut d_weight, mut d_bias) = (unset(x.len()), unset(cols), unset(cols));
    let mut partials = unset(2 * cols * rows.div_ceil(64));
    let (to_weight, to_bias) = (Some(&mut d_weight[..]), Some(&mut d_bias[..]));
    backward(d_out, x, weight, &mean, &rstd, &mut d_x, to_weight, to_bias, &mut partials, cols, &Serial);
    [d_x, d_weight, d_bias]
}

#[test]
fn backward_is_the_gradient() {
    let mut random = Random(6);
    for (rows, cols) in [(3, 1), (2, 2), (5, 3), (3, 4), (4, 17), (2, 65), (67, 5)] {
        for by in [0.0, 1e2] {
            let x = offset(&random.normals(rows * cols), by);
            let (weight, d_out) = (random.normals(cols), random.normals(rows * cols));
            let zeros = vec![0.0; cols];
            let loss = |x: &[f64], w: &[f64], b: &[f64]| dot(&forward64(x, Some(w), Some(b), cols, EPS as f64), &d_out);
            let [d_x, d_weight, d_bias] = run_backward(&d_out, &x, Some(&weight), cols);
            let (x64, w64) = (wide(&x), wide(&weight));
            // In rows of one or two x̂ is 0 or ±1 whatever x is: what is wanted is next to nothing, but comes of terms of about 1.
            let want = gradient(&x64, |x| loss(x, &w64, &zeros));
            let largest = want.iter().fold(1.0, |largest: f64, want| largest.max(want.abs()));
            assert_close(&format!("d_x of [{rows}, {cols}] around {by}"), &d_x, &want, 3e-6 * largest);
            assert_gradient("d_weight", &d_weight, &gradient(&w64, |w| loss(&x64, w, &zeros)));
            assert_gradient("d_bias", &d_bias, &gradient(&zeros, |b| loss(&x64, &w64, b)));
            let ones = vec![1.0; cols];
            assert_eq!(run_backward(&d_out, &x, None, cols), run_backward(&d_out, &x, Some(&ones), cols));
        }
    }
}

/// The saved mean is one float32: at 10⁶ it is off by 0.03, and the gradient must not be.
#[test]
fn backward_far_from_zero() {
    let (rows, cols) = (70, 129);
    let mut random = Random(7);
    let x = offset(&random.normals(rows * cols), 1e6);
    let (weight, d_out) = (random.normals(cols), random.normals(rows * cols));
    let [d_x, d_weight, _] = run_backward(&d_out, &x, Some(&weight), cols);
    let (mut want_x, mut want_weight) = (vec![], vec![0.0; cols]);
    for (x, dy) in wide(&x).chunks_exact(cols).zip(wide(&d_out).chunks_exact(cols)) {
        let hat = forward64(x, None, None, cols, EPS as f64);
        let mean = x.iter().sum::<f64>() / cols as f64;
        let rstd = (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / cols as f64 + EPS as f64).sqrt().recip();
        let g: Vec<f64> = dy.iter().zip(&weight).map(|(dy, &w)| dy * w as f64).collect();
        let of_g = g.iter().sum::<f64>() / cols as f64;
        let of_g_hat = g.iter().zip(&hat).map(|(g, hat)| g * hat).sum::<f64>() / cols as f64;
        want_x.extend((0..cols).map(|c| rstd * (g[c] - of_g - hat[c] * of_g_hat)));
        (0..cols).for_each(|c| want_weight[c] += dy[c] * hat[c]);
    }
    assert_gradient("d_x", &d_x, &want_x);
    assert_gradient("d_weight", &d_weight, &want_weight);
}

#[test]
fn gradients_nobody_wants_are_left_out() {
    let (x, d_out) = (Random(8).normals(130 * 6), Random(9).normals(130 * 6));
    let [_, mean, rstd] = run(&x, None, None, 6, EPS);
    let [want_x, want_weight, want_bias] = run_backward(&d_out, &x, None, 6);
    for (weight, bias) in [(false, false), (true, false), (false, true)] {
        let (mut d_x, mut d_weight, mut d_bias, mut partials) = (unset(x.len()), unset(6), unset(6), unset(2 * 6 * 3));
        let (to_weight, to_bias) = (weight.then_some(&mut d_weight[..]), bias.then_some(&mut d_bias[..]));
        backward(&d_out, &x, None, &mean, &rstd, &mut d_x, to_weight, to_bias, &mut partials, 6, &Serial);
        assert_eq!(d_x, want_x);
        assert!(!weight || d_weight == want_weight);
        assert!(!bias || d_bias == want_bias);
    }
}

#[test]
fn no_rows() {
    assert_eq!(run_backward(&[], &[], None, 5), [vec![], vec![0.0; 5], vec![0.0; 5]]);
}

#[test]
fn same_bits_on_any_pool() {
    let (rows, cols) = (200, 333);
    let mut random = Random(10);
    let (x, d_out, weight) = (random.normals(rows * cols), random.normals(rows * cols), random.normals(cols));
    assert_same_on_any_pool(|pool| {
        let (mut out, mut mean, mut rstd) = (unset(x.len()), unset(rows), unset(rows));
        forward(&x, Some(&weight), Some(&weight), &mut out, &mut mean, &mut rstd, cols, EPS, pool);
        let (mut d_x, mut d_weight, mut d_bias, mut partials) = (unset(x.len()), unset(cols), unset(cols), unset(2 * cols * 4));
        let (to_weight, to_bias) = (Some(&mut d_weight[..]), Some(&mut d_bias[..]));
        backward(&d_out, &x, Some(&weight), &mean, &rstd, &mut d_x, to_weight, to_bias, &mut partials, cols, pool);
        vec![out, mean, rstd, d_x, d_weight, d_bias]
    });
}

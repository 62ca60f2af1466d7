use crate::harness::*;
use fovea_kernels::parallel::Serial;
use fovea_kernels::rms_norm::{backward, forward};

const EPS: f32 = 1e-6;

fn forward64(x: &[f64], weight: Option<&[f64]>, cols: usize, eps: f64) -> Vec<f64> {
    let row = |x: &[f64]| -> Vec<f64> {
        let root = (x.iter().map(|x| x * x).sum::<f64>() / cols as f64 + eps).sqrt();
        x.iter().enumerate().map(|(c, x)| x / root * weight.map_or(1.0, |w| w[c])).collect()
    };
    x.chunks_exact(cols).flat_map(row).collect()
}

/// out, rstd.
fn run(x: &[f32], weight: Option<&[f32]>, cols: usize, eps: f32) -> [Vec<f32>; 2] {
    let (mut out, mut rstd) = (unset(x.len()), unset(x.len() / cols));
    forward(x, weight, &mut out, &mut rstd, cols, eps, &Serial);
    [out, rstd]
}

#[test]
fn rows_of_every_width() {
    let mut random = Random(1);
    for cols in [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 63, 64, 65, 100, 192, 768, 1000, 1025, 4096, 65_536] {
        let (x, weight) = (random.normals(3 * cols), random.normals(cols));
        let wide_weight = wide(&weight);
        for with_weight in [false, true] {
            let [out, _] = run(&x, with_weight.then_some(&weight), cols, EPS);
            let want = forward64(&wide(&x), with_weight.then_some(&wide_weight), cols, EPS as f64);
            assert_close(&format!("3 rows of {cols}"), &out, &want, 3e-6);
        }
    }
}

#[test]
fn rows_of_any_size() {
    let mut random = Random(2);
    for (size, eps) in [(1e-3, 1e-12), (1e-3, f32::EPSILON), (1e3, EPS), (1e18, EPS), (1e30, EPS), (1e-12, 0.0), (1e-30, EPS)] {
        let x: Vec<f32> = random.normals(2 * 768).iter().map(|x| x * size).collect();
        let [out, _] = run(&x, None, 768, eps);
        assert_close(&format!("{size:e}"), &out, &forward64(&wide(&x), None, 768, eps as f64), 3e-6);
    }
}

#[test]
fn rows_of_zeros_stay_zeros() {
    for cols in [1, 5, 64] {
        let [out, rstd] = run(&vec![0.0; cols], None, cols, EPS);
        assert_eq!(out, vec![0.0; cols]);
        assert!((rstd[0] as f64 * (EPS as f64).sqrt() - 1.0).abs() < 1e-6);
    }
}

#[test]
fn a_spoilt_row_is_alone() {
    for at in [0, 3, 12] {
        let clean = Random(3).normals(3 * 13);
        let mut x = clean.clone();
        x[13 + at] = f32::NAN;
        let ([out, _], [want, _]) = (run(&x, None, 13, EPS), run(&clean, None, 13, EPS));
        assert_eq!((&out[..13], &out[26..]), (&want[..13], &want[26..]));
        assert!(out[13..26].iter().all(|y| y.is_nan()));
    }
}

/// d_x, d_weight.
fn run_backward(d_out: &[f32], x: &[f32], weight: Option<&[f32]>, cols: usize) -> [Vec<f32>; 2] {
    let rows = x.len() / cols;
    let [_, rstd] = run(x, weight, cols, EPS);
    let (mut d_x, mut d_weight, mut partials) = (unset(x.len()), unset(cols), unset(cols * rows.div_ceil(64)));
    backward(d_out, x, weight, &rstd, &mut d_x, Some(&mut d_weight), &mut partials, cols, &Serial);
    [d_x, d_weight]
}

#[test]
fn backward_is_the_gradient() {
    let mut random = Random(4);
    for (rows, cols) in [(3, 1), (2, 2), (5, 3), (3, 4), (4, 17), (2, 65), (67, 5)] {
        let (x, weight, d_out) = (random.normals(rows * cols), random.normals(cols), random.normals(rows * cols));
        let loss = |x: &[f64], w: &[f64]| dot(&forward64(x, Some(w), cols, EPS as f64), &d_out);
        let [d_x, d_weight] = run_backward(&d_out, &x, Some(&weight), cols);
        let (x64, w64) = (wide(&x), wide(&weight));
        // In rows of one x̂ is ±1 whatever x is: what is wanted is next to nothing, but comes of terms of about 1.
        let want = gradient(&x64, |x| loss(x, &w64));
        let largest = want.iter().fold(1.0, |largest: f64, want| largest.max(want.abs()));
        assert_close(&format!("d_x of [{rows}, {cols}]"), &d_x, &want, 3e-6 * largest);
        assert_gradient("d_weight", &d_weight, &gradient(&w64, |w| loss(&x64, w)));
        let ones = vec![1.0; cols];
        assert_eq!(run_backward(&d_out, &x, None, cols), run_backward(&d_out, &x, Some(&ones), cols));
    }
}

/// x times a power of two: the same x̂, so d_x by its inverse and d_weight to the bit, where nothing leaves float32.
#[test]
fn backward_of_rows_of_any_size() {
    let (rows, cols) = (3, 129);
    let mut random = Random(5);
    let (x, d_out) = (random.normals(rows * cols), random.normals(rows * cols));
    let backward_at = |size: f32| {
        let x: Vec<f32> = x.iter().map(|x| x * size).collect();
        let (mut out, mut rstd) = (unset(x.len()), unset(rows));
        forward(&x, None, &mut out, &mut rstd, cols, 0.0, &Serial);
        let (mut d_x, mut d_weight, mut partials) = (unset(x.len()), unset(cols), unset(cols));
        backward(&d_out, &x, None, &rstd, &mut d_x, Some(&mut d_weight), &mut partials, cols, &Serial);
        (d_x.iter().map(|d| d * size).collect::<Vec<_>>(), d_weight)
    };
    for exponent in [-30, 30, 90] {
        assert_eq!(backward_at(2f32.powi(exponent)), backward_at(1.0), "2^{exponent}");
    }
}

#[test]
fn a_weight_gradient_nobody_wants_is_left_out() {
    let (x, d_out) = (Random(6).normals(130 * 6), Random(7).normals(130 * 6));
    let [_, rstd] = run(&x, None, 6, EPS);
    let [want, _] = run_backward(&d_out, &x, None, 6);
    let (mut d_x, mut partials) = (unset(x.len()), unset(6 * 3));
    backward(&d_out, &x, None, &rstd, &mut d_x, None, &mut partials, 6, &Serial);
    assert_eq!(d_x, want);
}

#[test]
fn no_rows() {
    assert_eq!(run_backward(&[], &[], None, 5), [vec![], vec![0.0; 5]]);
}

#[test]
fn same_bits_on_any_pool() {
    let (rows, cols) = (200, 333);
    let mut random = Random(8);
    let (x, d_out, weight) = (random.normals(rows * cols), random.normals(rows * cols), random.normals(cols));
    assert_same_on_any_pool(|pool| {
        let (mut out, mut rstd) = (unset(x.len()), unset(rows));
        forward(&x, Some(&weight), &mut out, &mut rstd, cols, EPS, pool);
        let (mut d_x, mut d_weight, mut partials) = (unset(x.len()), unset(cols), unset(cols * 4));
        backward(&d_out, &x, Some(&weight), &rstd, &mut d_x, Some(&mut d_weight), &mut partials, cols, pool);
        vec![out, rstd, d_x, d_weight]
    });
}

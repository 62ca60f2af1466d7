use crate::harness::*;
use fovea_kernels::parallel::Serial;
use fovea_kernels::softmax::{backward, forward};

fn forward64(x: &[f64], outer: usize, len: usize, inner: usize) -> Vec<f64> {
    let mut out = vec![0.0; x.len()];
    for (o, c) in (0..outer).flat_map(|o| (0..inner).map(move |c| (o, c))) {
        let at = |i: usize| (o * len + i) * inner + c;
        let max = (0..len).fold(f64::NEG_INFINITY, |max, i| max.max(x[at(i)]));
        let sum: f64 = (0..len).map(|i| (x[at(i)] - max).exp()).sum();
        (0..len).for_each(|i| out[at(i)] = (x[at(i)] - max).exp() / sum);
    }
    out
}

fn run(x: &[f32], outer: usize, len: usize, inner: usize) -> Vec<f32> {
    let mut out = unset(x.len());
    forward(x, &mut out, outer, len, inner, &Serial);
    out
}

#[test]
fn rows_of_every_width() {
    let mut random = Random(1);
    for len in (0..=70).chain([255, 1000, 1023, 1025, 4099, 20_011]) {
        for scale in [1.0, 20.0] {
            let x: Vec<f32> = random.normals(3 * len).iter().map(|x| x * scale).collect();
            assert_close(&format!("3 rows of {len}"), &run(&x, 3, len, 1), &forward64(&wide(&x), 3, len, 1), 2e-7);
        }
    }
}

#[test]
fn any_axis() {
    let mut random = Random(2);
    let empty = [(0, 3, 5), (3, 0, 5), (2, 5, 0)];
    for (outer, len, inner) in [(2, 3, 5), (3, 1, 4), (1, 70, 63), (1, 5, 64), (2, 7, 65), (5, 2, 131), (1, 300, 200)].into_iter().chain(empty) {
        let x = random.normals(outer * len * inner);
        let want = forward64(&wide(&x), outer, len, inner);
        assert_close(&format!("[{outer}, {len}, {inner}]"), &run(&x, outer, len, inner), &want, 2e-7);
    }
}

#[test]
fn large_numbers() {
    assert_eq!(run(&[3e38, 3e38, -3e38], 1, 3, 1), [0.5, 0.5, 0.0]);
    assert_eq!(run(&[1e30, 0.0, -1e30], 1, 3, 1), [1.0, 0.0, 0.0]);
    assert_eq!(run(&[-3e38], 1, 1, 1), [1.0]);
    let x = [1e4, 9999.0, 0.0];
    assert_close("[1e4, 9999, 0]", &run(&x, 1, 3, 1), &forward64(&wide(&x), 1, 3, 1), 2e-7);
    let columns = [1e4, 3e38, 9999.0, 3e38, 0.0, -3e38];
    assert_close("down columns", &run(&columns, 1, 3, 2), &forward64(&wide(&columns), 1, 3, 2), 2e-7);
    let masked = [f32::NEG_INFINITY, 1.0, f32::NEG_INFINITY, 1.0, f32::NEG_INFINITY];
    assert_eq!(run(&masked, 1, 5, 1), [0.0, 0.5, 0.0, 0.5, 0.0]);
}

/// NaN, +∞ or nothing but −∞ spoils its own row, wherever it stands, and no other.
#[test]
fn what_cannot_be_normalised_is_nan_in_its_row_only() {
    let mut random = Random(3);
    for (len, inner) in [(1, 1), (4, 1), (7, 1), (33, 1), (5, 3), (6, 66)] {
        for bad in [f32::NAN, f32::INFINITY] {
            for i in 0..len {
                let clean = random.normals(3 * len * inner);
                let mut x = clean.clone();
                x[(len + i) * inner] = bad;
                let (out, want) = (run(&x, 3, len, inner), run(&clean, 3, len, inner));
                for (at, (out, want)) in out.iter().zip(want).enumerate() {
                    let spoilt = at / (len * inner) == 1 && at % inner == 0;
                    assert!(if spoilt { out.is_nan() } else { *out == want }, "{bad} at {i} of [3, {len}, {inner}]: {out} at {at}");
                }
            }
        }
        assert!(run(&vec![f32::NEG_INFINITY; len * inner], 1, len, inner).iter().all(|y| y.is_nan()));
    }
}

#[test]
fn backward_is_the_gradient() {
    let mut random = Random(4);
    for (outer, len, inner) in [(3, 1, 1), (2, 5, 1), (3, 18, 1), (1, 65, 1), (2, 3, 5), (1, 4, 67), (3, 0, 2)] {
        let n = outer * len * inner;
        let (x, d_out) = (random.normals(n), random.normals(n));
        let out = run(&x, outer, len, inner);
        let mut d_x = unset(n);
        backward(&out, &d_out, &mut d_x, outer, len, inner, &Serial);
        let want = gradient(&wide(&x), |x| dot(&forward64(x, outer, len, inner), &d_out));
        assert_gradient(&format!("[{outer}, {len}, {inner}]"), &d_x, &want);
    }
}

#[test]
fn same_bits_on_any_pool() {
    for (outer, len, inner) in [(37, 1001, 1), (3, 50, 333)] {
        let x = Random(5).normals(outer * len * inner);
        assert_same_on_any_pool(|pool| {
            let (mut out, mut d_x) = (unset(x.len()), unset(x.len()));
            forward(&x, &mut out, outer, len, inner, pool);
            backward(&out, &x, &mut d_x, outer, len, inner, pool);
            vec![out, d_x]
        });
    }
}

use crate::harness::*;
use fovea_kernels::cumsum::cumsum;
use fovea_kernels::fold::{Middle, find, fold};
use fovea_kernels::parallel::{Parallel, Serial};

const SIZES: [[usize; 3]; 16] = [
    [1, 0, 1], [2, 0, 5], [0, 4, 3], [1, 1, 1], [3, 5, 1], [2, 17, 1], [5, 1023, 1], [2, 1025, 1], [3, 40_001, 1], [1, 3, 7], [3, 64, 5],
    [2, 65, 3], [2, 200, 65], [1, 130, 1030], [4, 3, 2500], [1, 4200, 2],
];

fn folded(op: i32, x: &[f32], shift: Option<&[f32]>, [outer, len, inner]: [usize; 3], pool: &impl Parallel) -> Vec<f32> {
    let (mut out, mut partials) = (unset(outer * inner), unset(outer * len.div_ceil(64) * inner));
    fold(op, Middle { x, len, inner }, shift, &mut out, &mut partials, pool);
    out
}

/// The terms of each result, in float64.
fn terms(x: &[f32], [outer, len, inner]: [usize; 3]) -> Vec<Vec<f64>> {
    (0..outer * inner).map(|at| (0..len).map(|i| x[(at / inner * len + i) * inner + at % inner] as f64).collect()).collect()
}

#[test]
fn every_op_over_every_size() {
    let mut random = Random(1);
    for sizes in SIZES {
        let x = random.normals(sizes.iter().product());
        let shift = random.normals(sizes[0] * sizes[2]);
        let all = terms(&x, sizes);
        let check = |op, shift: Option<&[f32]>, f: &dyn Fn(&[f64], f64) -> f64| {
            let want: Vec<f64> =
                all.iter().enumerate().map(|(at, terms)| f(terms, shift.map_or(0.0, |shift| shift[at] as f64))).collect();
            let largest = want.iter().filter(|x| x.is_finite()).fold(1.0, |largest: f64, x| largest.max(x.abs()));
            assert_close(&format!("op {op} over {sizes:?}"), &folded(op, &x, shift, sizes, &Serial), &want, 1e-6 * largest);
        };
        check(0, None, &|x, _| x.iter().sum());
        check(1, None, &|x, _| x.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b)));
        check(2, None, &|x, _| x.iter().fold(f64::INFINITY, |a, &b| a.min(b)));
        check(3, Some(&shift), &|x, s| x.iter().map(|x| (x - s).exp()).sum());
        check(4, Some(&shift), &|x, s| x.iter().map(|x| (x - s) * (x - s)).sum());
        check(4, None, &|x, _| x.iter().map(|x| x * x).sum());
        let firsts: Vec<f32> = all.iter().map(|x| x.first().map_or(0.0, |&x| x as f32)).collect();
        check(5, Some(&firsts), &|x, s| x.iter().filter(|&&x| x == s).count() as f64);
    }
}

#[test]
fn nan_and_infinity_stay_in_their_row() {
    for sizes in [[3, 40, 1], [1, 40, 3]] {
        let mut x = Random(2).normals(120);
        let place = if sizes[2] == 1 { 40 + 17 } else { 17 * 3 + 1 };
        x[place] = f32::NAN;
        for op in [0, 1, 2] {
            let nan: Vec<bool> = folded(op, &x, None, sizes, &Serial).iter().map(|x| x.is_nan()).collect();
            assert_eq!(nan, [false, true, false], "op {op} over {sizes:?}");
        }
    }
}

#[test]
fn the_first_of_the_best_is_found() {
    let mut random = Random(3);
    for sizes in SIZES.into_iter().filter(|sizes| sizes[1] > 0) {
        let mut x: Vec<f32> = (0..sizes.iter().product()).map(|_| random.below(9) as f32).collect();
        if let [_, _, _, third, ..] = &mut x[..] {
            *third = f32::NAN;
        }
        for op in [1, 2] {
            let best = folded(op, &x, None, sizes, &Serial);
            let mut out = vec![-7; best.len()];
            find(Middle { x: &x, len: sizes[1], inner: sizes[2] }, &best, &mut out, &Serial);
            for ((terms, best), at) in terms(&x, sizes).iter().zip(&best).zip(out) {
                let is = |x: &f64| *x == *best as f64 || x.is_nan();
                assert_eq!(terms.iter().position(is), Some(at as usize), "op {op} over {sizes:?}");
            }
        }
    }
}

#[test]
fn running_sums_both_ways() {
    for sizes @ [outer, len, inner] in SIZES {
        let x = Random(4).normals(outer * len * inner);
        for backwards in [false, true] {
            let mut out = unset(x.len());
            cumsum(&x, &mut out, [len, inner], backwards, &Serial);
            for at in 0..outer * inner {
                let mut sum = 0.0;
                for i in 0..len {
                    let place = (at / inner * len + if backwards { len - 1 - i } else { i }) * inner + at % inner;
                    sum += x[place] as f64;
                    assert_eq!(out[place], sum as f32, "{sizes:?}, backwards {backwards}");
                }
            }
        }
    }
}

#[test]
fn same_bits_on_any_pool() {
    let x = Random(5).normals(3 * 40_000);
    assert_same_on_any_pool(|pool| {
        let mut outs: Vec<Vec<f32>> = (0..5).map(|op| folded(op, &x, None, [3, 40_000, 1], pool)).collect();
        outs.extend((0..5).map(|op| folded(op, &x, None, [2, 300, 200], pool)));
        for inner in [1, 100] {
            outs.push(unset(x.len()));
            cumsum(&x, outs.last_mut().unwrap(), [1200, inner], false, pool);
        }
        outs
    });
}

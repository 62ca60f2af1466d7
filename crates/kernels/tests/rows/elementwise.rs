use crate::harness::*;
use fovea_kernels::elementwise::*;
use fovea_kernels::parallel::Serial;

const LENGTHS: [usize; 14] = [0, 1, 3, 4, 5, 7, 8, 31, 64, 65, 1000, 16_384, 16_385, 40_001];

#[test]
fn every_length() {
    let mut random = Random(1);
    for n in LENGTHS {
        let (x, y) = (random.normals(n), random.normals(n));
        let by_element = |f: fn(f32, f32) -> f32| -> Vec<f32> { x.iter().zip(&y).map(|(&x, &y)| f(x, y)).collect() };
        let mut out = unset(n);
        add(&x, &y, &mut out, &Serial);
        assert_eq!(out, by_element(|x, y| x + y));
        multiply(&x, &y, &mut out, &Serial);
        assert_eq!(out, by_element(|x, y| x * y));
        scale(&x, &mut out, 1.7, &Serial);
        assert_eq!(out, by_element(|x, _| 1.7 * x));
        scale_in_place(&mut out, -2.0, &Serial);
        assert_eq!(out, by_element(|x, _| -2.0 * (1.7 * x)));
        copy(&x, &mut out, &Serial);
        assert_eq!(out, x);
        accumulate(&y, &mut out, &Serial);
        assert_eq!(out, by_element(|x, y| x + y));
        fill(&mut out, 0.25, &Serial);
        assert_eq!(out, vec![0.25; n]);
    }
}

#[test]
fn the_second_is_repeated_over_rows() {
    let mut random = Random(2);
    for (rows, cols) in [(3, 1), (5, 2), (1, 7), (7, 3), (4, 65), (300, 129), (2, 20_001), (0, 5)] {
        let (x, y) = (random.normals(rows * cols), random.normals(cols));
        let mut out = unset(rows * cols);
        add(&x, &y, &mut out, &Serial);
        assert!((0..rows * cols).all(|i| out[i] == x[i] + y[i % cols]), "add [{rows}, {cols}]");
        multiply(&x, &y, &mut out, &Serial);
        assert!((0..rows * cols).all(|i| out[i] == x[i] * y[i % cols]), "multiply [{rows}, {cols}]");
    }
}

#[test]
fn strided_copies_touch_only_their_pieces() {
    let x = Random(3).normals(60_000);
    // rows, cols, x: offset and stride, out: offset and stride
    let cases = [
        (3, 5, [2, 7], [1, 11]),
        (4, 3, [6, 0], [0, 3]),
        (1, 9, [0, 0], [5, 0]),
        (200, 1, [3, 17], [0, 1]),
        (100, 1, [0, 1], [2, 5]),
        (61, 333, [40, 900], [7, 400]),
        (2, 25_000, [0, 30_000], [0, 25_000]),
        (0, 5, [0, 5], [0, 5]),
        (5, 0, [0, 0], [0, 0]),
    ];
    for (rows, cols, from, to) in cases {
        let mut out = vec![-1.0; 60_000];
        let mut want = out.clone();
        for row in 0..rows {
            for col in 0..cols {
                want[to[0] + row * to[1] + col] = x[from[0] + row * from[1] + col];
            }
        }
        copy_strided(&x, &mut out, rows, cols, from, to, &Serial);
        assert!(out == want, "{rows} pieces of {cols}, {from:?} to {to:?}");
    }
}

#[test]
#[should_panic(expected = "overlap")]
fn strided_copies_refuse_overlap() {
    copy_strided(&[0.0; 9], &mut [0.0; 9], 3, 3, [0, 3], [0, 2], &Serial);
}

#[test]
fn same_bits_on_any_pool() {
    let (x, y) = (Random(4).normals(100_003), Random(5).normals(100_003));
    assert_same_on_any_pool(|pool| {
        let mut outs = vec![unset(x.len()); 5];
        add(&x, &y, &mut outs[0], pool);
        scale(&x, &mut outs[1], 3.3, pool);
        copy(&x, &mut outs[2], pool);
        accumulate(&y, &mut outs[2], pool);
        fill(&mut outs[3], 1.5, pool);
        outs[4].fill(0.0);
        copy_strided(&x, &mut outs[4], 1000, 77, [3, 90], [1, 100], pool);
        outs
    });
}

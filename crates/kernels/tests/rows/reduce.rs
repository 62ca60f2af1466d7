use crate::harness::*;
use fovea_kernels::parallel::Serial;
use fovea_kernels::reduce::{sum, sum_rows, sum_squares};

#[test]
fn column_sums() {
    let mut random = Random(1);
    for (rows, cols) in [(0, 3), (1, 1), (2, 7), (3, 4), (5, 65), (63, 5), (64, 31), (65, 8), (66, 3), (67, 257), (1000, 6)] {
        let x = random.normals(rows * cols);
        let (mut out, mut partials) = (unset(cols), unset(cols * rows.div_ceil(64)));
        sum_rows(&x, &mut out, &mut partials, &Serial);
        let want: Vec<f64> = (0..cols).map(|c| (0..rows).map(|r| x[r * cols + c] as f64).sum()).collect();
        assert_close(&format!("[{rows}, {cols}]"), &out, &want, 1e-6 + 3e-7 * want.iter().fold(0.0, |largest: f64, x| largest.max(x.abs())));
    }
}

/// Numbers of one sign are the hard case: running sums grow, and so does their rounding.
#[test]
fn block_sums_are_precise() {
    let mut random = Random(2);
    for n in [0, 1, 3, 4, 5, 7, 8, 31, 64, 65, 1000, 4095, 4096, 4097, 100_000] {
        let x: Vec<f32> = random.normals(n).iter().map(|x| x + 10.0).collect();
        let (mut sums, mut squares) = (unset(n.div_ceil(4096)), unset(n.div_ceil(4096)));
        sum(&x, &mut sums, &Serial);
        sum_squares(&x, &mut squares, &Serial);
        let x = wide(&x);
        let want: Vec<f64> = x.chunks(4096).map(|block| block.iter().sum()).collect();
        let want_squares: Vec<f64> = x.chunks(4096).map(|block| block.iter().map(|x| x * x).sum()).collect();
        assert_close("sum", &sums, &want, 4096.0 * 10.0 * 3e-7);
        assert_close("squares", &squares, &want_squares, 4096.0 * 100.0 * 3e-7);
    }
}

#[test]
fn same_bits_on_any_pool() {
    let x = Random(3).normals(333 * 300);
    assert_same_on_any_pool(|pool| {
        let (mut sums, mut squares, mut cols, mut partials) = (unset(25), unset(25), unset(300), unset(300 * 6));
        sum(&x, &mut sums, pool);
        sum_squares(&x, &mut squares, pool);
        sum_rows(&x, &mut cols, &mut partials, pool);
        vec![sums, squares, cols]
    });
}

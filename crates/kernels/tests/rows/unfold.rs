use crate::harness::*;
use fovea_kernels::parallel::Serial;
use fovea_kernels::unfold::{Axis, backward, forward};

const fn axis(len: usize, kernel: usize, stride: usize, padding: usize, dilation: usize) -> Axis {
    Axis { len, kernel, out: (len + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1, stride, padding, dilation }
}

/// Axes that differ in one thing each: kernel, stride, padding, dilation, a kernel that is never wholly inside, more padding before than
/// behind.
const AXES: [Axis; 10] = [
    axis(1, 1, 1, 0, 1),
    axis(9, 1, 1, 0, 1),
    axis(9, 3, 1, 0, 1),
    axis(10, 3, 2, 1, 1),
    axis(11, 2, 3, 0, 1),
    axis(13, 3, 1, 2, 2),
    axis(8, 4, 4, 0, 1),
    axis(3, 5, 1, 2, 1),
    axis(2, 3, 2, 4, 3),
    Axis { len: 7, kernel: 4, out: 7, stride: 1, padding: 1, dilation: 1 },
];

fn source(axis: Axis, k: usize, out: usize) -> Option<usize> {
    (out * axis.stride + k * axis.dilation).checked_sub(axis.padding).filter(|&at| at < axis.len)
}

/// For each element of `cols`, the element of `planes` it comes from.
fn sources(planes: usize, rows: Axis, columns: Axis) -> Vec<Option<usize>> {
    let mut found = vec![];
    for plane in 0..planes {
        for (i, j) in (0..rows.kernel).flat_map(|i| (0..columns.kernel).map(move |j| (i, j))) {
            for (y, x) in (0..rows.out).flat_map(|y| (0..columns.out).map(move |x| (y, x))) {
                let at = source(rows, i, y).zip(source(columns, j, x));
                found.push(at.map(|(u, v)| (plane * rows.len + u) * columns.len + v));
            }
        }
    }
    found
}

#[test]
fn every_window_and_its_way_back() {
    let mut random = Random(1);
    for rows in AXES {
        for columns in AXES {
            let planes = 3;
            let what = format!("{}×{} by {}×{}", rows.len, columns.len, rows.kernel, columns.kernel);
            let (x, sources) = (random.normals(planes * rows.len * columns.len), sources(planes, rows, columns));
            let mut cols = unset(sources.len());
            forward(&x, &mut cols, rows, columns, &Serial);
            assert_eq!(cols, sources.iter().map(|at| at.map_or(0.0, |at| x[at])).collect::<Vec<_>>(), "{what}");

            let d_cols = random.normals(sources.len());
            let (mut d_x, mut want) = (unset(x.len()), vec![0.0; x.len()]);
            backward(&d_cols, &mut d_x, rows, columns, &Serial);
            sources.iter().zip(&d_cols).for_each(|(at, &d)| if let Some(at) = at { want[*at] += d as f64 });
            assert_gradient(&what, &d_x, &want);
        }
    }
}

#[test]
fn no_planes() {
    forward(&[], &mut [], axis(9, 3, 1, 0, 1), axis(9, 3, 1, 0, 1), &Serial);
    backward(&[], &mut [], axis(9, 3, 1, 0, 1), axis(9, 3, 1, 0, 1), &Serial);
}

#[test]
fn same_bits_on_any_pool() {
    let (rows, columns) = (axis(33, 3, 2, 1, 1), axis(65, 5, 1, 2, 1));
    let mut random = Random(2);
    let planes = 40;
    let x = random.normals(planes * rows.len * columns.len);
    let d_cols = random.normals(planes * rows.kernel * columns.kernel * rows.out * columns.out);
    assert_same_on_any_pool(|pool| {
        let (mut cols, mut d_x) = (unset(d_cols.len()), unset(x.len()));
        forward(&x, &mut cols, rows, columns, pool);
        backward(&d_cols, &mut d_x, rows, columns, pool);
        vec![cols, d_x]
    });
}

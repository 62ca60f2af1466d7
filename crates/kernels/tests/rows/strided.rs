use crate::harness::*;
use fovea_kernels::parallel::Serial;
use fovea_kernels::strided::copy;

/// `[size, stride of x, stride of out]` for each axis, and the offsets.
struct Case {
    what: &'static str,
    axes: &'static [[i32; 3]],
    offsets: [usize; 2],
}

const CASES: [Case; 22] = [
    Case { what: "one element", axes: &[], offsets: [3, 5] },
    Case { what: "a row", axes: &[[70_001, 1, 1]], offsets: [1, 2] },
    Case { what: "a row, backwards", axes: &[[40_000, -1, 1]], offsets: [39_999, 0] },
    Case { what: "one element repeated", axes: &[[20_000, 0, 1]], offsets: [7, 1] },
    Case { what: "every third", axes: &[[333, 3, 1]], offsets: [2, 0] },
    Case { what: "to every third", axes: &[[333, 1, 3]], offsets: [2, 1] },
    Case { what: "pieces of a table", axes: &[[61, 900, 400], [333, 1, 1]], offsets: [40, 7] },
    Case { what: "one piece repeated", axes: &[[4, 0, 3], [3, 1, 1]], offsets: [6, 0] },
    Case { what: "a column", axes: &[[200, 17, 1]], offsets: [3, 0] },
    Case { what: "transpose 1 × 5", axes: &[[1, 1, 5], [5, 1, 1]], offsets: [0, 0] },
    Case { what: "transpose 3 × 2", axes: &[[2, 1, 3], [3, 2, 1]], offsets: [0, 0] },
    Case { what: "transpose 16 × 16", axes: &[[16, 1, 16], [16, 16, 1]], offsets: [0, 0] },
    Case { what: "transpose 17 × 35", axes: &[[35, 1, 17], [17, 35, 1]], offsets: [0, 0] },
    Case { what: "transpose 1031 × 67", axes: &[[67, 1, 1031], [1031, 67, 1]], offsets: [0, 0] },
    Case { what: "transpose 33 × 1500", axes: &[[1500, 1, 33], [33, 1500, 1]], offsets: [0, 0] },
    Case { what: "heads before tokens", axes: &[[2, 300, 300], [3, 20, 100], [5, 60, 20], [20, 1, 1]], offsets: [0, 0] },
    Case { what: "tokens last", axes: &[[2, 300, 300], [3, 20, 100], [20, 1, 5], [5, 60, 1]], offsets: [0, 0] },
    Case { what: "all axes reversed", axes: &[[7, 1, 60], [5, 7, 12], [4, 35, 3], [3, 140, 1]], offsets: [0, 0] },
    Case { what: "flipped rows of a transpose", axes: &[[6, 1, 5], [5, -6, 1]], offsets: [24, 0] },
    Case { what: "many small planes", axes: &[[9_000, 6, 6], [2, 1, 3], [3, 2, 1]], offsets: [0, 0] },
    Case { what: "a padded plane, every second column", axes: &[[5, 9, 40], [4, 2, 8], [3, 1, 2]], offsets: [0, 11] },
    Case { what: "nothing", axes: &[[3, 1, 1], [0, 1, 1]], offsets: [0, 0] },
];

fn run(axes: &[[i32; 3]], x: &[f32], out: &mut [f32], [x_offset, out_offset]: [usize; 2]) {
    let mut indices = vec![(x_offset as isize, out_offset)];
    for [size, of_x, of_out] in axes {
        indices = indices
            .iter()
            .flat_map(|&(x, out)| (0..*size).map(move |i| (x + (i * of_x) as isize, out + (i * of_out) as usize)))
            .collect();
    }
    indices.iter().for_each(|&(from, to)| out[to] = x[from as usize]);
}

#[test]
fn every_arrangement() {
    let x = Random(1).normals(101_000);
    for Case { what, axes, offsets } in CASES {
        let mut out = vec![-1.0; 101_000];
        let mut want = out.clone();
        run(axes, &x, &mut want, offsets);
        copy(&x, &mut out, axes.as_flattened(), offsets, &Serial);
        assert!(out == want, "{what}");
    }
}

#[test]
#[should_panic(expected = "overlap")]
fn elements_of_out_may_not_overlap() {
    copy(&[0.0; 9], &mut [0.0; 9], &[3, 3, 2, 3, 1, 1], [0, 0], &Serial);
}

#[test]
#[should_panic]
fn nothing_is_read_before_the_start() {
    copy(&[0.0; 9], &mut [0.0; 9], &[3, -1, 1], [1, 0], &Serial);
}

#[test]
fn same_bits_on_any_pool() {
    let x = Random(2).normals(1031 * 67);
    assert_same_on_any_pool(|pool| {
        let mut outs = vec![vec![0.0; x.len()]; 3];
        copy(&x, &mut outs[0], &[67, 1, 1031, 1031, 67, 1], [0, 0], pool);
        copy(&x, &mut outs[1], &[1031, 67, 67, 60, 1, 1], [3, 2], pool);
        copy(&x, &mut outs[2], &[60_000, -1, 1], [60_000, 9], pool);
        outs
    });
}

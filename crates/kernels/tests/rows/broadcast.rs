use crate::harness::*;
use fovea_kernels::broadcast::*;
use fovea_kernels::parallel::Serial;

/// `(sizes, steps of x, steps of y)`, the steps as contiguous operands that lack some axes have them.
type Case = (&'static [usize], &'static [usize], &'static [usize]);

const CASES: [Case; 9] = [
    (&[1], &[1], &[0]),
    (&[7], &[1], &[0]),
    (&[300, 5], &[5, 1], &[0, 1]),
    (&[5, 300], &[300, 1], &[1, 0]),
    (&[130, 257], &[1, 0], &[0, 1]),
    (&[3, 4, 5], &[4, 1, 0], &[5, 0, 1]),
    (&[4, 9_001], &[9_001, 1], &[0, 1]),
    (&[2, 17_000], &[1, 0], &[17_000, 1]),
    (&[7, 3, 11, 2], &[3, 1, 0, 0], &[22, 0, 2, 1]),
];

fn axes(sizes: &[usize], steps: &[&[usize]]) -> Vec<i32> {
    (0..sizes.len()).flat_map(|axis| std::iter::once(sizes[axis]).chain(steps.iter().map(move |of| of[axis]))).map(|n| n as i32).collect()
}

/// Where each element of the result finds its operand.
fn places(sizes: &[usize], steps: &[usize]) -> Vec<usize> {
    (0..sizes.iter().product())
        .map(|mut index| {
            let mut at = 0;
            for (size, step) in sizes.iter().zip(steps).rev() {
                at += index % size * step;
                index /= size;
            }
            at
        })
        .collect()
}

fn operand(random: &mut Random, places: &[usize]) -> Vec<f32> {
    random.normals(places.iter().max().map_or(0, |last| last + 1))
}

#[test]
fn binary_over_all_shapes() {
    let mut random = Random(1);
    for (sizes, steps_x, steps_y) in CASES {
        let (at_x, at_y) = (places(sizes, steps_x), places(sizes, steps_y));
        let (x, y) = (operand(&mut random, &at_x), operand(&mut random, &at_y));
        let axes = axes(sizes, &[steps_x, steps_y]);
        let ops: [fn(f32, f32) -> f32; 7] = [
            |x, y| x + y,
            |x, y| x - y,
            |x, y| x * y,
            |x, y| x / y,
            f32::max,
            f32::min,
            |x, y| if x < y { 0.0 } else { 1.0 },
        ];
        for (op, f) in ops.iter().enumerate() {
            let mut out = unset(at_x.len());
            binary(op as i32, &x, &y, &axes, &mut out, &Serial);
            let want: Vec<f32> = at_x.iter().zip(&at_y).map(|(&i, &j)| f(x[i], y[j])).collect();
            assert_eq!(out, want, "op {op} over {sizes:?}");
        }
    }
}

#[test]
fn without_axes_operands_are_whole_or_one_number() {
    let mut random = Random(2);
    for n in [0, 1, 3, 4, 5, 255, 256, 257, 16_383, 16_385, 40_001] {
        let (x, y) = (random.normals(n), random.normals(n));
        let mut out = unset(n);
        binary(0, &x, &y, &[], &mut out, &Serial);
        assert!((0..n).all(|i| out[i] == x[i] + y[i]));
        binary(1, &[2.5], &y, &[], &mut out, &Serial);
        assert!((0..n).all(|i| out[i] == 2.5 - y[i]));
        binary(3, &x, &[0.5], &[], &mut out, &Serial);
        assert!((0..n).all(|i| out[i] == x[i] / 0.5));
    }
}

#[test]
fn extremes_with_nan_are_nan_and_equals_share() {
    let x = [1.0, f32::NAN, 1.0, f32::NAN, 2.0, 0.0];
    let y = [f32::NAN, 1.0, 2.0, f32::NAN, 2.0, -0.0];
    let mut out = unset(6);
    for op in [4, 5] {
        binary(op, &x, &y, &[], &mut out, &Serial);
        assert!(out[0].is_nan() && out[1].is_nan() && out[3].is_nan() && out[4] == 2.0);
    }
    binary(6, &x, &y, &[], &mut out, &Serial);
    assert_eq!(out, [1.0, 1.0, 0.0, 1.0, 0.5, 0.5]);
}

#[test]
fn ternary_selection_and_comparison() {
    let mut random = Random(3);
    for (sizes, steps_x, steps_y) in CASES {
        let (at_x, at_y) = (places(sizes, steps_x), places(sizes, steps_y));
        let n = at_x.len();
        let (x, y) = (operand(&mut random, &at_x), operand(&mut random, &at_y));
        let z = random.normals(n);
        let steps_z: Vec<usize> = (0..sizes.len()).map(|axis| sizes[axis + 1..].iter().product()).collect();
        let three = axes(sizes, &[steps_x, steps_y, &steps_z]);
        let mut out = unset(n);
        ternary(1, [&x, &y, &z], &three, &mut out, &Serial);
        assert!((0..n).all(|i| out[i] == z[i] * (x[at_x[i]] - y[at_y[i]])), "ternary over {sizes:?}");
        let mut flags = vec![7_u8; n];
        compare(1, &x, &y, &axes(sizes, &[steps_x, steps_y]), &mut flags, &Serial);
        assert!((0..n).all(|i| flags[i] == (x[at_x[i]] < y[at_y[i]]) as u8), "compare over {sizes:?}");
        select(&flags, &y, &z, &axes(sizes, &[&steps_z, steps_y, &steps_z]), &mut out, &Serial);
        assert!((0..n).all(|i| out[i] == if flags[i] != 0 { y[at_y[i]] } else { z[i] }), "select over {sizes:?}");
    }
    let mut flags = [7; 3];
    compare(3, &[i32::MAX, -5, 3], &[i32::MAX - 1, -5, 4], &[], &mut flags, &Serial);
    assert_eq!(flags, [0, 1, 1]);
    compare(6, &[f32::NAN, 0.0, 1.0], &[f32::NAN, -0.0, 2.0], &[], &mut flags, &Serial);
    assert_eq!(flags, [1, 0, 1]);
}

#[test]
#[should_panic(expected = "innermost steps")]
fn the_innermost_axis_may_not_be_strided() {
    binary(0, &[0.0; 8], &[0.0; 4], &[4, 2, 1], &mut [0.0; 4], &Serial);
}

#[test]
fn same_bits_on_any_pool() {
    let (x, y) = (Random(4).normals(300 * 257), Random(5).normals(300));
    let axes = axes(&[300, 257], &[&[257, 1], &[1, 0]]);
    assert_same_on_any_pool(|pool| {
        let mut outs = vec![unset(x.len()); 2];
        binary(3, &x, &y, &axes, &mut outs[0], pool);
        binary(4, &x, &x, &[], &mut outs[1], pool);
        outs
    });
}

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
fn same_bits_on_any_pool() {
    let (x, y) = (Random(4).normals(100_003), Random(5).normals(100_003));
    assert_same_on_any_pool(|pool| {
        let mut outs = vec![unset(x.len()); 3];
        scale(&x, &mut outs[0], 3.3, pool);
        copy(&x, &mut outs[1], pool);
        accumulate(&y, &mut outs[1], pool);
        fill(&mut outs[2], 1.5, pool);
        outs
    });
}

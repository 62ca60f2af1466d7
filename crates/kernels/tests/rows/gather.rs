use crate::harness::*;
use fovea_kernels::gather::{Sizes, gather, scatter_add};
use fovea_kernels::parallel::Serial;

const SIZES: [[usize; 4]; 10] = [
    [0, 3, 2, 1], [1, 1, 1, 1], [1, 5, 3, 1], [4, 7, 3, 1], [2, 5, 0, 3], [3, 4, 6, 5], [1, 300, 70, 129], [50, 2, 3, 4], [1, 20_000, 9_000, 1],
    [1, 3, 5000, 8],
];

#[test]
fn both_ways_with_own_and_shared_indices() {
    let mut random = Random(1);
    for [outer, len, count, inner] in SIZES {
        for shared in [false, true] {
            let sizes = Sizes { len, count, inner, shared };
            let index: Vec<i32> = (0..if shared { count } else { outer * count * inner }).map(|_| random.below(len) as i32).collect();
            let place = |at: usize| {
                let (o, c, i) = (at / inner / count, at / inner % count, at % inner);
                (o * len + index[if shared { c } else { at }] as usize) * inner + i
            };
            let x = random.normals(outer * len * inner);
            let mut out = unset(outer * count * inner);
            gather(&x, &index, &mut out, sizes, &Serial);
            assert!((0..out.len()).all(|at| out[at] == x[place(at)]), "gather {outer} {sizes:?}");
            let (added, mut sums) = (random.normals(out.len()), x.clone());
            let mut want = x;
            (0..added.len()).for_each(|at| want[place(at)] += added[at]);
            scatter_add(&index, &added, &mut sums, sizes, &Serial);
            assert!(sums == want, "scatter {outer} {sizes:?}");
        }
    }
}

#[test]
#[should_panic(expected = "outside")]
fn an_index_outside_the_axis() {
    gather(&[0.0; 6], &[0, 3], &mut [0.0; 2], Sizes { len: 3, count: 2, inner: 1, shared: false }, &Serial);
}

#[test]
fn same_bits_on_any_pool() {
    let x = Random(2).normals(90_000);
    let index: Vec<i32> = (0..90_000).map(|at| at * 7 % 300).collect();
    assert_same_on_any_pool(|pool| {
        let mut outs = vec![unset(90_000), vec![0.5; 30_000]];
        gather(&x, &index, &mut outs[0], Sizes { len: 300, count: 900, inner: 100, shared: true }, pool);
        scatter_add(&index, &x, &mut outs[1], Sizes { len: 300, count: 900, inner: 100, shared: true }, pool);
        outs
    });
}

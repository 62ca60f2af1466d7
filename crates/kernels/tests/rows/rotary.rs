use crate::harness::*;
use fovea_kernels::parallel::Serial;
use fovea_kernels::rotary::{Turn, rotate};

const TURNS: [Turn; 4] = [
    Turn { interleaved: false, inverse: false },
    Turn { interleaved: false, inverse: true },
    Turn { interleaved: true, inverse: false },
    Turn { interleaved: true, inverse: true },
];

/// Channels of pair `p`.
fn channels(p: usize, pairs: usize, interleaved: bool) -> (usize, usize) {
    if interleaved { (2 * p, 2 * p + 1) } else { (p, p + pairs) }
}

#[test]
fn pairs_are_turned_and_the_rest_is_copied() {
    let mut random = Random(1);
    for (tokens, rows, heads, head_dim, pairs) in
        [(0, 0, 2, 4, 2), (1, 1, 1, 2, 1), (3, 3, 2, 7, 3), (6, 3, 2, 8, 4), (10, 5, 3, 14, 5), (4, 4, 1, 37, 17), (4, 2, 2, 5, 0)]
    {
        let (x, cos, sin) = (random.normals(tokens * heads * head_dim), random.normals(rows * pairs), random.normals(rows * pairs));
        for turn in TURNS {
            let mut out = unset(x.len());
            rotate(&x, &cos, &sin, &mut out, heads, head_dim, pairs, turn, &Serial);
            let mut want: Vec<f64> = x.iter().map(|&x| x as f64).collect();
            for head in 0..tokens * heads {
                let (at, token) = (head * head_dim, head / heads);
                for p in 0..pairs {
                    let (a, b) = channels(p, pairs, turn.interleaved);
                    let (x_a, x_b) = (x[at + a] as f64, x[at + b] as f64);
                    let row = token % rows * pairs + p;
                    let (cos, sin) = (cos[row] as f64, sin[row] as f64 * if turn.inverse { -1.0 } else { 1.0 });
                    (want[at + a], want[at + b]) = (x_a * cos - x_b * sin, x_b * cos + x_a * sin);
                }
            }
            assert_close(&format!("{tokens} tokens, {heads} heads of {head_dim}"), &out, &want, 1e-6);
        }
    }
}

#[test]
fn turning_back_undoes_it() {
    let mut random = Random(2);
    let (tokens, heads, head_dim, pairs) = (5, 2, 12, 5);
    let x = random.normals(tokens * heads * head_dim);
    let angles = random.normals(tokens * pairs);
    let (cos, sin): (Vec<f32>, Vec<f32>) = angles.iter().map(|a| (a.cos(), a.sin())).unzip();
    for interleaved in [false, true] {
        let (mut out, mut back) = (unset(x.len()), unset(x.len()));
        rotate(&x, &cos, &sin, &mut out, heads, head_dim, pairs, Turn { interleaved, inverse: false }, &Serial);
        rotate(&out, &cos, &sin, &mut back, heads, head_dim, pairs, Turn { interleaved, inverse: true }, &Serial);
        let want: Vec<f64> = x.iter().map(|&x| x as f64).collect();
        assert_close("there and back", &back, &want, 1e-6);
    }
}

#[test]
fn same_bits_on_any_pool() {
    let mut random = Random(3);
    let (tokens, rows, heads, head_dim, pairs) = (600, 200, 3, 37, 15);
    let (x, cos, sin) = (random.normals(tokens * heads * head_dim), random.normals(rows * pairs), random.normals(rows * pairs));
    assert_same_on_any_pool(|pool| {
        TURNS
            .map(|turn| {
                let mut out = unset(x.len());
                rotate(&x, &cos, &sin, &mut out, heads, head_dim, pairs, turn, pool);
                out
            })
            .to_vec()
    });
}

//! Matrix products against three loops in float64: every layout, epilogue and edge of the tiles.

mod support;

use fovea_kernels::gemm::{Epilogue, Product, matmul};
use fovea_kernels::parallel::Serial;
use support::{Threads, assert_close, random};

/// 1, vector edges, panel edges (8), row edges (6: a tile; 3: packing; 48: packing beforehand), block edges (24, 48, 96 rows, 64, 256 columns, 256 steps; 520: a weight's gradient), primes.
const SIZES: &[[usize; 3]] = &[
    [1, 1, 1],
    [1, 512, 67],
    [2, 3, 4],
    [3, 5, 0],
    [5, 4, 9],
    [7, 17, 33],
    [8, 16, 64],
    [9, 15, 31],
    [13, 60, 5],
    [19, 9, 12],
    [20, 12, 3],
    [25, 65, 30],
    [2, 37, 258],
    [47, 70, 300],
    [48, 130, 9],
    [73, 65, 11],
    [97, 31, 21],
    [64, 64, 256],
    [65, 19, 257],
    [67, 257, 7],
    [129, 48, 40],
    [511, 5, 33],
    [517, 9, 33],
    [66, 263, 515],
    [263, 66, 525],
    [67, 262, 521],
    [3, 130, 600],
    [250, 257, 520],
    [257, 256, 520],
];

fn reference(p: &Product, a: &[f32], b: &[f32], bias: Option<&[f32]>) -> Vec<f64> {
    let Product { batch, a_batch, b_batch, m, n, k, .. } = *p;
    let mut out = vec![0.0; batch * m * n];
    for item in 0..batch {
        let (a, b) = (&a[item % a_batch * m * k..], &b[item % b_batch * k * n..]);
        for i in 0..m {
            for j in 0..n {
                let mut sum = bias.map_or(0.0, |bias| bias[j] as f64);
                for s in 0..k {
                    let x = if p.transpose_a { a[s * m + i] } else { a[i * k + s] };
                    let y = if p.transpose_b { b[j * k + s] } else { b[s * n + j] };
                    sum += x as f64 * y as f64;
                }
                out[(item * m + i) * n + j] = sum;
            }
        }
    }
    out
}

fn check(p: Product, with_bias: bool) {
    let Product { batch, a_batch, b_batch, m, n, k, .. } = p;
    let (a, b, bias) = (random(a_batch * m * k, 1), random(b_batch * k * n, 2), random(n, 3));
    let bias = with_bias.then_some(&bias[..]);
    let scratch_len = k * n.next_multiple_of(4) + if p.transpose_a { k * m } else { 0 };
    let run = |pool: &dyn Fn(&mut [f32], &mut [f32])| {
        let (mut out, mut scratch) = (vec![f32::NAN; batch * m * n], vec![f32::NAN; scratch_len]);
        pool(&mut out, &mut scratch);
        out
    };
    let serial = run(&|out, scratch| matmul(p, &a, &b, Epilogue::new(bias, 0), out, None, scratch, &Serial));
    let threaded = run(&|out, scratch| matmul(p, &a, &b, Epilogue::new(bias, 0), out, None, scratch, &Threads(3)));
    let name = format!("{batch}×{m}×{n}×{k} ta={} tb={} bias={with_bias}", p.transpose_a, p.transpose_b);
    assert_close(&serial, &reference(&p, &a, &b, bias), 3e-7 * (k as f64 + 4.0).sqrt(), &name);
    assert!(serial.iter().zip(&threaded).all(|(x, y)| x.to_bits() == y.to_bits()), "{name}: threads change bits");
}

#[test]
fn every_layout_at_every_size() {
    for &[m, n, k] in SIZES {
        for (transpose_a, transpose_b) in [(false, false), (false, true), (true, false), (true, true)] {
            for with_bias in [false, true] {
                check(Product { batch: 1, a_batch: 1, b_batch: 1, m, n, k, transpose_a, transpose_b }, with_bias);
            }
        }
    }
}

#[test]
fn batches_share_or_own_operands() {
    for (a_batch, b_batch) in [(3, 3), (1, 3), (3, 1)] {
        for m in [2, 11, 53] {
            let p = Product { batch: 3, a_batch, b_batch, m, n: 7, k: 5, transpose_a: m == 11, transpose_b: m == 2 };
            check(p, true);
        }
    }
}

#[test]
fn activations_are_applied_last_and_pre_holds_their_input() {
    let (m, n, k) = (9, 21, 300);
    let p = Product { batch: 1, a_batch: 1, b_batch: 1, m, n, k, transpose_a: false, transpose_b: true };
    let (a, b, bias) = (random(m * k, 1), random(n * k, 2), random(n, 3));
    let want = reference(&p, &a, &b, Some(&bias));
    for activation in 1..=3 {
        let (mut out, mut pre) = (vec![f32::NAN; m * n], vec![f32::NAN; m * n]);
        let mut scratch = vec![f32::NAN; k * n.next_multiple_of(4)];
        matmul(p, &a, &b, Epilogue::new(Some(&bias), activation), &mut out, Some(&mut pre), &mut scratch, &Serial);
        assert_close(&pre, &want, 1e-5, "pre");
        let activated: Vec<f64> = pre.iter().map(|&x| support::activate(x as f64, activation)).collect();
        assert_close(&out, &activated, 2e-6, "out");
    }
}

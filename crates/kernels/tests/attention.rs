//! Attention against nested loops in float64, forward and backward, over shapes and masks; and what must hold exactly.

mod support;

use fovea_kernels::attention::{self, Broadcast, Gradients, Mask, Scores, Shape};
use fovea_kernels::parallel::{Parallel, Serial};
use fovea_kernels::rng::Dropout;
use support::{Threads, assert_close, random};

/// One problem: sizes, mask, options, and inputs.
struct Case {
    shape: Shape,
    lengths: Option<Vec<i32>>,
    keep: Option<Vec<u8>>,
    bias: Option<Vec<f32>>,
    causal: Option<i32>,
    window: i32,
    softcap: f32,
    dropout: f32,
    inputs: [Vec<f32>; 4],
}

struct Results {
    out: Vec<f32>,
    lse: Vec<f32>,
    weights: Vec<f32>,
    gradients: Vec<f32>,
    d_bias: Vec<f32>,
}

impl Case {
    /// `[batch, query_len, key_len, num_heads, num_kv_heads, head_dim, value_head_dim]`
    fn new([batch, query_len, key_len, num_heads, num_kv_heads, head_dim, value_head_dim]: [usize; 7]) -> Self {
        let shape = Shape {
            batch,
            query_len,
            key_len,
            num_heads,
            num_kv_heads,
            head_dim,
            value_head_dim,
            query_stride: num_heads * head_dim,
            key_stride: num_kv_heads * head_dim,
            value_stride: num_kv_heads * value_head_dim,
        };
        let inputs = [
            random(batch * query_len * num_heads * head_dim, 1),
            random(batch * key_len * num_kv_heads * head_dim, 2),
            random(batch * key_len * num_kv_heads * value_head_dim, 3),
            random(batch * query_len * num_heads * value_head_dim, 4),
        ];
        Self { shape, lengths: None, keep: None, bias: None, causal: None, window: -1, softcap: 0.0, dropout: 0.0, inputs }
    }

    fn scores(&self) -> Scores {
        let scale = 1.0 / (self.shape.head_dim as f32).sqrt();
        Scores { scale, softcap: self.softcap, dropout: Dropout::new(self.dropout, 77) }
    }

    fn mask(&self) -> Mask<'_> {
        let s = &self.shape;
        Mask {
            key_lengths: self.lengths.as_deref(),
            keep: Broadcast::new(self.keep.as_deref(), [s.batch, 1, s.query_len], s.key_len),
            bias: Broadcast::new(self.bias.as_deref(), [1, s.num_heads, s.query_len], s.key_len),
            causal: self.causal,
            window: self.window,
            sinks: 0,
            ranges: None,
            slopes: None,
        }
    }

    fn run(&self, pool: &impl Parallel, with_weights: bool) -> Results {
        let s = &self.shape;
        let [query, key, value, d_out] = &self.inputs;
        let rows = s.batch * s.num_heads * s.query_len;
        let round = |x: usize| x.next_multiple_of(4);
        let slot = 320 * round(s.head_dim) + 256 * round(s.value_head_dim) + 12288;
        let mut scratch = vec![f32::NAN; pool.threads() * slot];
        let mut r = Results {
            out: vec![f32::NAN; d_out.len()],
            lse: vec![f32::NAN; rows],
            weights: vec![f32::NAN; rows * s.key_len],
            gradients: vec![f32::NAN; query.len() + key.len() + value.len()],
            d_bias: vec![f32::NAN; rows * s.key_len],
        };
        let (mask, scores) = (self.mask(), self.scores());
        attention::forward(s, &mask, &scores, query, key, value, &mut r.out, &mut r.lse, &mut scratch, pool);
        attention::weights(s, &mask, &scores, query, key, &r.lse, &mut r.weights, &mut scratch, pool);
        let d_weights = random(r.weights.len(), 5);
        let gradients = Gradients {
            d_packed: &mut r.gradients,
            d_query_offset: 0,
            d_key_offset: query.len(),
            d_value_offset: query.len() + key.len(),
            d_bias: Some(&mut r.d_bias),
        };
        let seen = with_weights.then_some((&r.weights[..], &d_weights[..]));
        let mut delta = vec![f32::NAN; rows];
        attention::backward(
            s, &mask, &scores, query, key, value, &r.out, d_out, &r.lse, seen, gradients, &mut delta, &mut scratch, pool,
        );
        r
    }

    fn visible(&self, item: usize, i: usize, j: usize) -> bool {
        let here = i as i64 + self.causal.unwrap_or(0) as i64;
        let (j64, window) = (j as i64, self.window as i64);
        self.lengths.as_ref().is_none_or(|lengths| j64 < lengths[item] as i64)
            && self.keep.as_ref().is_none_or(|keep| keep[(item * self.shape.query_len + i) * self.shape.key_len + j] != 0)
            && self.causal.is_none_or(|_| j64 <= here)
            && (window < 0 || (j64 >= here - window && j64 <= here + window))
    }

    /// The formulas of the module's page, in float64: out, lse, weights, gradients, d_bias.
    fn reference(&self, with_weights: bool) -> [Vec<f64>; 5] {
        let s = &self.shape;
        let [query, key, value, d_out] = &self.inputs;
        let rows = s.batch * s.num_heads * s.query_len;
        let d_weights = random(rows * s.key_len, 5);
        let (scale, cap) = (self.scores().scale as f64, self.softcap as f64);
        let mut out = vec![0.0; d_out.len()];
        let mut lse = vec![f64::NEG_INFINITY; rows];
        let mut weights = vec![0.0; rows * s.key_len];
        let mut gradients = vec![0.0; query.len() + key.len() + value.len()];
        let mut d_bias = vec![0.0; rows * s.key_len];
        for row in 0..rows {
            let (item, h, i) = (row / s.query_len / s.num_heads, row / s.query_len % s.num_heads, row % s.query_len);
            let kv = h / (s.num_heads / s.num_kv_heads);
            let q = ((item * s.query_len + i) * s.num_heads + h) * s.head_dim;
            let o = ((item * s.query_len + i) * s.num_heads + h) * s.value_head_dim;
            let k = |j: usize| ((item * s.key_len + j) * s.num_kv_heads + kv) * s.head_dim;
            let v = |j: usize| ((item * s.key_len + j) * s.num_kv_heads + kv) * s.value_head_dim;
            let seen: Vec<usize> = (0..s.key_len).filter(|&j| self.visible(item, i, j)).collect();
            let raw = |j: usize| scale * (0..s.head_dim).map(|d| query[q + d] as f64 * key[k(j) + d] as f64).sum::<f64>();
            let score = |j: usize| {
                let capped = if cap > 0.0 { cap * (raw(j) / cap).tanh() } else { raw(j) };
                capped + self.bias.as_ref().map_or(0.0, |bias| bias[(h * s.query_len + i) * s.key_len + j] as f64)
            };
            let largest = seen.iter().fold(f64::NEG_INFINITY, |m, &j| m.max(score(j)));
            if seen.is_empty() {
                continue;
            }
            let total: f64 = seen.iter().map(|&j| (score(j) - largest).exp()).sum();
            lse[row] = largest + total.ln();
            let drop = Dropout::new(self.dropout, 77).row(row);
            let factor = |j: usize| if self.dropout > 0.0 { drop.factors(j).to_array()[0] as f64 } else { 1.0 };
            let mut d_weight = vec![0.0; s.key_len];
            for &j in &seen {
                let weight = (score(j) - lse[row]).exp();
                weights[row * s.key_len + j] = weight;
                for d in 0..s.value_head_dim {
                    out[o + d] += weight * factor(j) * value[v(j) + d] as f64;
                    d_weight[j] += factor(j) * d_out[o + d] as f64 * value[v(j) + d] as f64;
                    gradients[query.len() + key.len() + v(j) + d] += weight * factor(j) * d_out[o + d] as f64;
                }
                if with_weights {
                    d_weight[j] += d_weights[row * s.key_len + j] as f64;
                }
            }
            let delta: f64 = seen.iter().map(|&j| weights[row * s.key_len + j] * d_weight[j]).sum();
            for &j in &seen {
                let d_score = weights[row * s.key_len + j] * (d_weight[j] - delta);
                d_bias[row * s.key_len + j] = d_score;
                let slope = if cap > 0.0 { 1.0 - (raw(j) / cap).tanh().powi(2) } else { 1.0 };
                for d in 0..s.head_dim {
                    gradients[q + d] += d_score * slope * scale * key[k(j) + d] as f64;
                    gradients[query.len() + k(j) + d] += d_score * slope * scale * query[q + d] as f64;
                }
            }
        }
        [out, lse, weights, gradients, d_bias]
    }

    fn check(&self, name: &str) {
        for with_weights in [false, true] {
            let got = self.run(&Serial, with_weights);
            let [out, lse, weights, gradients, d_bias] = self.reference(with_weights);
            assert_close(&got.out, &out, 2e-6, &format!("{name}: out"));
            assert_close(&got.lse, &lse, 2e-6, &format!("{name}: lse"));
            assert_close(&got.weights, &weights, 2e-6, &format!("{name}: weights"));
            assert_close(&got.gradients, &gradients, 1e-5, &format!("{name}: gradients"));
            assert_close(&got.d_bias, &d_bias, 1e-5, &format!("{name}: d_bias"));
            let threaded = self.run(&Threads(3), with_weights);
            let same = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(x, y)| x.to_bits() == y.to_bits());
            assert!(same(&got.out, &threaded.out), "{name}: threads change out");
            assert!(same(&got.gradients, &threaded.gradients), "{name}: threads change gradients");
        }
    }
}

/// One query and key; odd widths; around the tiles (32 and 64 queries, 64 keys, 128 a block); one pass (4 key heads or more) and two.
const SHAPES: &[[usize; 7]] = &[
    [1, 1, 1, 1, 1, 1, 1],
    [1, 5, 7, 1, 1, 3, 2],
    [2, 9, 13, 2, 2, 8, 5],
    [3, 17, 11, 4, 2, 5, 16],
    [2, 33, 65, 2, 1, 16, 12],
    [1, 67, 63, 5, 5, 7, 20],
    [1, 131, 130, 1, 1, 4, 36],
    [2, 65, 129, 4, 4, 32, 8],
];

#[test]
fn no_mask() {
    SHAPES.iter().for_each(|&sizes| Case::new(sizes).check(&format!("{sizes:?}")));
}

#[test]
fn causal_with_offsets() {
    for &sizes in SHAPES {
        for offset in [0, sizes[2] as i32 - sizes[1] as i32, -3] {
            Case { causal: Some(offset), ..Case::new(sizes) }.check(&format!("causal {offset} {sizes:?}"));
        }
    }
}

#[test]
fn windows() {
    for &sizes in SHAPES {
        for (causal, window) in [(None, 2), (Some(0), 0), (Some(1), 40)] {
            Case { causal, window, ..Case::new(sizes) }.check(&format!("window {window} {causal:?} {sizes:?}"));
        }
    }
}

#[test]
fn lengths_keep_bias_softcap_dropout() {
    for &sizes in SHAPES {
        let [batch, query_len, key_len, num_heads, ..] = sizes;
        let lengths = (0..batch).map(|item| [key_len as i32, 0, 1][item % 3]).collect();
        Case { lengths: Some(lengths), ..Case::new(sizes) }.check(&format!("lengths {sizes:?}"));
        let coins = random(batch * query_len * key_len, 9);
        let keep: Vec<u8> = coins.iter().enumerate().map(|(n, &x)| (x > 0.0 && n / key_len % 5 != 0) as u8).collect();
        let bias = random(num_heads * query_len * key_len, 10);
        Case { keep: Some(keep.clone()), ..Case::new(sizes) }.check(&format!("keep {sizes:?}"));
        Case { bias: Some(bias.clone()), ..Case::new(sizes) }.check(&format!("bias {sizes:?}"));
        Case { softcap: 1.5, ..Case::new(sizes) }.check(&format!("softcap {sizes:?}"));
        Case { dropout: 0.3, ..Case::new(sizes) }.check(&format!("dropout {sizes:?}"));
        let all = Case { causal: Some(2), window: 30, softcap: 3.0, dropout: 0.1, ..Case::new(sizes) };
        Case { keep: Some(keep), bias: Some(bias), ..all }.check(&format!("all {sizes:?}"));
    }
}

#[test]
fn scores_near_a_hundred() {
    let mut case = Case::new([1, 33, 70, 2, 2, 16, 8]);
    case.inputs[0].iter_mut().for_each(|x| *x *= 100.0);
    let got = case.run(&Serial, false);
    let [out, ..] = case.reference(false);
    assert_close(&got.out, &out, 5e-5, "out"); // the rounding of a score near 300 itself: 300 · 2⁻²⁴ · 3
}

#[test]
fn what_is_masked_is_never_read() {
    // Two passes and one; keys from 40 on are masked for everyone, queries below 3 see nothing.
    for sizes in [[1, 37, 90, 2, 2, 8, 12], [2, 37, 90, 2, 2, 8, 12]] {
        let [batch, query_len, key_len, heads, _, head_dim, value_dim] = sizes;
        let keep = (0..batch * query_len * key_len).map(|n| (n % key_len < 40 && n / key_len % query_len >= 3) as u8).collect();
        let clean = Case { keep: Some(keep), ..Case::new(sizes) };
        let mut poisoned = Case { keep: clean.keep.clone(), ..Case::new(sizes) };
        for item in 0..batch {
            for j in 40..key_len {
                let token = item * key_len + j;
                poisoned.inputs[1][token * heads * head_dim..][..heads * head_dim].fill(f32::NAN);
                poisoned.inputs[2][token * heads * value_dim..][..heads * value_dim].fill(f32::INFINITY);
            }
            for i in 0..3 {
                let token = item * query_len + i;
                poisoned.inputs[0][token * heads * head_dim..][..heads * head_dim].fill(f32::NAN);
            }
        }
        let (clean, poisoned) = (clean.run(&Serial, false), poisoned.run(&Serial, false));
        let same = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(x, y)| x.to_bits() == y.to_bits());
        assert!(same(&clean.out, &poisoned.out), "out");
        assert!(same(&clean.gradients, &poisoned.gradients), "gradients");
        assert!(poisoned.out[..3 * heads * value_dim].iter().all(|&x| x == 0.0));
        assert!(poisoned.lse[..3].iter().all(|&x| x == f32::NEG_INFINITY));
    }
}

use crate::harness::*;
use fovea_kernels::cross_entropy::{backward, forward};
use fovea_kernels::parallel::Serial;

const IGNORED: i32 = -100;

/// What a row of logits is judged by.
#[derive(Clone)]
struct Problem {
    labels: Vec<i32>,
    weights: Option<Vec<f32>>,
    cols: usize,
    smoothing: f32,
}

impl Problem {
    fn random(random: &mut Random, rows: usize, cols: usize, weighted: bool, smoothing: f32) -> Self {
        let labels = (0..rows).map(|row| if row % 4 == 1 { IGNORED } else { random.below(cols) as i32 }).collect();
        let weights = weighted.then(|| (0..cols).map(|_| random.uniform() as f32 + 0.1).collect());
        Self { labels, weights, cols, smoothing }
    }

    /// Losses, lse.
    fn forward(&self, logits: &[f32]) -> [Vec<f32>; 2] {
        let (mut losses, mut lse) = (unset(self.labels.len()), unset(self.labels.len()));
        forward(logits, &self.labels, self.weights.as_deref(), &mut losses, &mut lse, self.cols, IGNORED, self.smoothing, &Serial);
        [losses, lse]
    }

    fn backward(&self, logits: &[f32], d_losses: &[f32]) -> Vec<f32> {
        let [_, lse] = self.forward(logits);
        let mut d_logits = unset(logits.len());
        let weights = self.weights.as_deref();
        backward(logits, &self.labels, weights, &lse, d_losses, &mut d_logits, self.cols, IGNORED, self.smoothing, &Serial);
        d_logits
    }

    fn forward64(&self, logits: &[f64]) -> [Vec<f64>; 2] {
        let lse = |x: &[f64]| {
            let max = x.iter().fold(f64::NEG_INFINITY, |max, &x| max.max(x));
            max + x.iter().map(|x| (x - max).exp()).sum::<f64>().ln()
        };
        let weight = |c: usize| self.weights.as_ref().map_or(1.0, |weights| weights[c] as f64);
        let loss = |(x, &label): (&[f64], &i32)| {
            if label == IGNORED {
                return 0.0;
            }
            let (lse, smoothing) = (lse(x), self.smoothing as f64);
            let hard = (1.0 - smoothing) * weight(label as usize) * (lse - x[label as usize]);
            let spread: f64 = x.iter().enumerate().map(|(c, x)| weight(c) * (lse - x)).sum();
            if smoothing == 0.0 { hard } else { hard + smoothing / self.cols as f64 * spread }
        };
        let rows = logits.chunks_exact(self.cols);
        [rows.clone().zip(&self.labels).map(loss).collect(), rows.map(lse).collect()]
    }
}

#[test]
fn every_width() {
    let mut random = Random(1);
    for cols in (1..=70).chain([1000, 1023, 1025, 5000, 30_011]) {
        for (weighted, smoothing) in [(false, 0.0), (true, 0.0), (false, 0.1), (true, 0.3)] {
            let problem = Problem::random(&mut random, 5, cols, weighted, smoothing);
            let logits: Vec<f32> = random.normals(5 * cols).iter().map(|x| x * 5.0).collect();
            let [losses, lse] = problem.forward(&logits);
            let [want_losses, want_lse] = problem.forward64(&wide(&logits));
            let largest = want_losses.iter().fold(1.0, |largest: f64, x| largest.max(*x));
            assert_close(&format!("losses over {cols}"), &losses, &want_losses, 1e-6 * largest);
            assert_close(&format!("lse over {cols}"), &lse, &want_lse, 3e-6);
        }
    }
}

/// The maximum may come first, last, in every block anew, or be followed by blocks of −∞.
#[test]
fn the_maximum_anywhere() {
    let cols = 5000;
    let rising: Vec<f32> = (0..cols).map(|c| c as f32 * 0.05).collect();
    let falling: Vec<f32> = rising.iter().rev().copied().collect();
    let mut late = vec![f32::NEG_INFINITY; cols];
    late[4321] = 3.0;
    let mut early = vec![f32::NEG_INFINITY; cols];
    early[7] = 3.0;
    for logits in [rising, falling, late, early] {
        let label = if logits[7] == 3.0 { 7 } else { 4321 };
        let problem = Problem { labels: vec![label], weights: None, cols, smoothing: 0.0 };
        let ([losses, lse], [want_losses, want_lse]) = (problem.forward(&logits), problem.forward64(&wide(&logits)));
        assert_close("loss", &losses, &want_losses, 1e-6 * (1.0 + want_losses[0]));
        assert_close("lse", &lse, &want_lse, 1e-6 * (1.0 + want_lse[0]));
    }
}

#[test]
fn large_logits_lose_nothing() {
    for (offset, tolerance) in [(1e4, 1e-6), (-1e6, 1e-6), (1e30, 0.0)] {
        let spread: &[f32] = if offset == 1e30 { &[0.0, 0.0] } else { &[2.0, 0.0, -3.0, 1.0, 0.5] };
        let logits: Vec<f32> = spread.iter().map(|x| x + offset).collect();
        let problem = Problem { labels: vec![1], weights: None, cols: logits.len(), smoothing: 0.0 };
        let want = Problem::forward64(&problem, &wide(spread));
        assert_close("loss", &problem.forward(&logits)[0], &want[0], 1e-6);
        let gradient = gradient(&wide(spread), |x| problem.forward64(x)[0][0]);
        assert_close("gradient", &problem.backward(&logits, &[1.0]), &gradient, 3e-7 + tolerance);
    }
    let impossible = Problem { labels: vec![0], weights: None, cols: 3, smoothing: 0.0 };
    assert_eq!(impossible.forward(&[f32::NEG_INFINITY, 0.0, 0.0])[0], [f32::INFINITY]);
}

#[test]
fn spoilt_rows() {
    let problem = Problem { labels: vec![0, IGNORED, 1], weights: None, cols: 3, smoothing: 0.1 };
    for bad in [f32::NAN, f32::INFINITY] {
        let logits = [1.0, bad, 2.0, bad, bad, bad, 0.1, 0.2, 0.3];
        let [losses, _] = problem.forward(&logits);
        assert!(losses[0].is_nan() && losses[1] == 0.0 && losses[2].is_finite());
        let d_logits = problem.backward(&logits, &[1.0, f32::NAN, 1.0]);
        assert!(d_logits[..3].iter().all(|d| d.is_nan()));
        assert_eq!(d_logits[3..6], [0.0; 3]);
        assert!(d_logits[6..].iter().all(|d| d.is_finite()));
    }
    let all_masked = [f32::NEG_INFINITY; 9];
    assert!(problem.forward(&all_masked)[0][0].is_nan());
    let mut nan_in_a_masked_block = [[f32::NEG_INFINITY; 1500], [1.0; 1500]].concat();
    nan_in_a_masked_block[5] = f32::NAN;
    let wide_row = Problem { labels: vec![2000], weights: None, cols: 3000, smoothing: 0.0 };
    assert!(wide_row.forward(&nan_in_a_masked_block)[0][0].is_nan());
}

#[test]
fn backward_is_the_gradient() {
    let mut random = Random(2);
    for cols in [1, 2, 3, 4, 5, 7, 8, 31, 65] {
        for (weighted, smoothing) in [(false, 0.0), (true, 0.0), (false, 0.1), (true, 0.3), (true, 1.0)] {
            let problem = Problem::random(&mut random, 3, cols, weighted, smoothing);
            let (logits, d_losses) = (random.normals(3 * cols), random.normals(3));
            let want = gradient(&wide(&logits), |x| dot(&problem.forward64(x)[0], &d_losses));
            assert_gradient(&format!("{cols} classes"), &problem.backward(&logits, &d_losses), &want);
        }
    }
}

#[test]
fn same_bits_on_any_pool() {
    let mut random = Random(3);
    let (rows, cols) = (71, 1234);
    let problem = Problem::random(&mut random, rows, cols, true, 0.1);
    let (logits, d_losses) = (random.normals(rows * cols), random.normals(rows));
    let (labels, weights) = (&problem.labels, problem.weights.as_deref());
    assert_same_on_any_pool(|pool| {
        let (mut losses, mut lse, mut d_logits) = (unset(rows), unset(rows), unset(rows * cols));
        forward(&logits, labels, weights, &mut losses, &mut lse, cols, IGNORED, 0.1, pool);
        backward(&logits, labels, weights, &lse, &d_losses, &mut d_logits, cols, IGNORED, 0.1, pool);
        vec![losses, lse, d_logits]
    });
}

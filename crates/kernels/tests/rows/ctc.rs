use crate::harness::*;
use fovea_kernels::ctc::{Batch, Shape, backward, forward};
use fovea_kernels::parallel::{Parallel, Serial};

struct Problem {
    shape: Shape,
    targets: Vec<i32>,
    input_lengths: Vec<i32>,
    target_lengths: Vec<i32>,
}

impl Problem {
    fn new(frames: usize, classes: usize, target_len: usize, lengths: &[(i32, i32)], random: &mut Random) -> Self {
        let targets = (0..lengths.len() * target_len).map(|_| 1 + random.below(classes - 1) as i32).collect();
        let (input_lengths, target_lengths) = lengths.iter().copied().unzip();
        Self { shape: Shape { frames, classes, target_len, blank: 0 }, targets, input_lengths, target_lengths }
    }

    fn batch<'a>(&'a self, log_probs: &'a [f32]) -> Batch<'a> {
        Batch { log_probs, targets: &self.targets, input_lengths: &self.input_lengths, target_lengths: &self.target_lengths }
    }

    /// Losses and the gradient of `Σ d_losses · losses`.
    fn run(&self, log_probs: &[f32], d_losses: &[f32], pool: &impl Parallel) -> [Vec<f32>; 2] {
        let (batch, width) = (self.input_lengths.len(), 2 * self.shape.target_len + 3);
        let (mut losses, mut alphas) = (unset(batch), unset(batch * self.shape.frames * width));
        forward(self.shape, self.batch(log_probs), &mut losses, &mut alphas, &mut unset(batch * 3 * width), pool);
        let mut d = unset(log_probs.len());
        backward(self.shape, self.batch(log_probs), &alphas, d_losses, &mut d, &mut unset(batch * 6 * width), pool);
        [losses, d]
    }

    /// By the definition: the sum over every way to label the frames.
    fn enumerated(&self, log_probs: &[f64]) -> Vec<f64> {
        let Shape { frames, classes, target_len, .. } = self.shape;
        let items = self.input_lengths.iter().zip(&self.target_lengths).enumerate();
        items
            .map(|(i, (&own, &length))| {
                let target = &self.targets[i * target_len..][..length as usize];
                let y = &log_probs[i * frames * classes..];
                let paths =
                    (0..classes.pow(own as u32)).map(|code| (0..own as u32).map(move |t| code / classes.pow(t) % classes));
                let fitting = paths.filter(|path| collapsed(path.clone()) == target);
                -fitting.map(|path| path.enumerate().map(|(t, c)| y[t * classes + c]).sum::<f64>().exp()).sum::<f64>().ln()
            })
            .collect()
    }
}

fn collapsed(path: impl Iterator<Item = usize>) -> Vec<i32> {
    let mut labels = Vec::new();
    let mut before = 0;
    for class in path {
        if class != before && class != 0 {
            labels.push(class as i32);
        }
        before = class;
    }
    labels
}

#[test]
fn every_alignment_is_counted() {
    let mut random = Random(1);
    for (frames, classes, target_len, lengths) in [
        (1, 2, 1, vec![(1, 1), (1, 0), (0, 0), (0, 1)]),
        (5, 3, 3, vec![(5, 3), (5, 2), (4, 1), (5, 0), (3, 3), (2, 3)]),
        (6, 4, 4, vec![(6, 4), (6, 3), (5, 2)]),
    ] {
        let mut problem = Problem::new(frames, classes, target_len, &lengths, &mut random);
        problem.targets[..2.min(target_len)].fill(1); // a repeat needs a blank between
        let log_probs: Vec<f32> = random.normals(lengths.len() * frames * classes).iter().map(|x| x - 1.5).collect();
        let d_losses = random.normals(lengths.len());
        let [losses, d] = problem.run(&log_probs, &d_losses, &Serial);
        assert_close("losses", &losses, &problem.enumerated(&wide(&log_probs)), 2e-6);
        let finite = |x: &[f64]| problem.enumerated(x).iter().map(|x| if x.is_finite() { *x } else { 0.0 }).collect::<Vec<_>>();
        let want = gradient(&wide(&log_probs), |x| dot(&finite(x), &d_losses));
        assert_gradient("d_log_probs", &d, &want);
    }
}

/// Every frame's shares add up to 1 and the loss keeps its digits, 3,000 frames on.
#[test]
fn long_items_keep_their_digits() {
    let (frames, classes) = (3000, 5);
    let problem = Problem::new(frames, classes, 700, &[(3000, 700)], &mut Random(2));
    // Alike in every frame: the loss is −frames · ln y − ln(number of alignments).
    let [losses, d] = problem.run(&vec![-1.6; frames * classes], &[1.0], &Serial);
    let [shifted, _] = problem.run(&vec![-2.1; frames * classes], &[1.0], &Serial);
    assert!((shifted[0] as f64 - losses[0] as f64 - 1500.0).abs() < 2e-3, "{} {}", shifted[0], losses[0]);
    for frame in d.chunks_exact(classes) {
        assert!((frame.iter().sum::<f32>() + 1.0).abs() < 1e-5);
    }
}

#[test]
fn same_bits_on_any_pool() {
    let mut random = Random(3);
    let lengths: Vec<(i32, i32)> = (0..9).map(|i| (40 - i, 10 - i)).collect();
    let problem = Problem::new(40, 7, 10, &lengths, &mut random);
    let (log_probs, d_losses) = (random.normals(9 * 40 * 7), random.normals(9));
    assert_same_on_any_pool(|pool| problem.run(&log_probs, &d_losses, pool).into());
}

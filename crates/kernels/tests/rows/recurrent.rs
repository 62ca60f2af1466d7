use crate::harness::*;
use fovea_kernels::parallel::{Parallel, Serial};
use fovea_kernels::recurrent::{Cell, Gradients, Inputs, Layer, Outputs, backward, forward};

const CELLS: [Cell; 4] = [Cell::Tanh, Cell::Relu, Cell::Lstm, Cell::Gru];

/// `a` (or the activated gates), `weight`, `bias`, `h0`, `c0`.
type Values<T> = [Vec<T>; 5];

struct Problem {
    cell: Cell,
    hidden: usize,
    lengths: Vec<i32>,
    reverse: bool,
    values: Values<f32>,
}

impl Problem {
    fn new(cell: Cell, hidden: usize, lengths: &[i32], reverse: bool) -> Self {
        let mut random = Random(hidden as u64 + 7);
        let (rows, width) = (lengths.iter().sum::<i32>() as usize, cell.gates() * hidden);
        let states = lengths.len() * hidden;
        let mut values = [rows * width, width * hidden, width, states, states].map(|n| random.normals(n));
        // States of the size trained ones have: larger weights double an error at every step.
        values[1].iter_mut().for_each(|weight| *weight *= 0.5 / (hidden as f32).sqrt());
        Self { cell, hidden, lengths: lengths.to_vec(), reverse, values }
    }

    fn layer(&self) -> Layer<'_> {
        let [_, weight, _, h0, c0] = &self.values;
        let Self { cell, hidden, ref lengths, reverse, .. } = *self;
        Layer { cell, hidden, lengths, reverse, weight, h0: Some(h0), c0: Some(c0) }
    }

    /// Gates, out, cells, hn, cn.
    fn forward(&self, pool: &impl Parallel) -> [Vec<f32>; 5] {
        let width = self.cell.gates() * self.hidden;
        let mut gates = self.values[0].clone();
        let [mut out, mut cells] = [0, 1].map(|_| unset(gates.len() / self.cell.gates()));
        let [mut hn, mut cn] = [0, 1].map(|_| unset(self.lengths.len() * self.hidden));
        let outputs =
            Outputs { gates: &mut gates, out: &mut out, cells: Some(&mut cells), hn: &mut hn, cn: Some(&mut cn) };
        let mut packed = unset(self.hidden * width.next_multiple_of(4));
        let mut scratch = unset(pool.threads() * 16 * (width + 2 * self.hidden));
        forward(&self.layer(), Some(&self.values[2]), outputs, &mut packed, &mut scratch, pool);
        [gates, out, cells, hn, cn]
    }

    /// Gradients of `a` and `u`, the states before, and the gradients of `h0` and `c0`.
    fn backward(&self, [gates, out, cells, ..]: &[Vec<f32>; 5], d: &[Vec<f32>; 3], pool: &impl Parallel) -> [Vec<f32>; 5] {
        let width = self.cell.gates() * self.hidden;
        let [mut d_gates, mut d_products] = [0, 1].map(|_| unset(gates.len()));
        let mut before = unset(out.len());
        let [mut d_h0, mut d_c0] = [0, 1].map(|_| unset(self.values[3].len()));
        let gradients = Gradients {
            d_gates: &mut d_gates,
            d_products: Some(&mut d_products),
            before: Some(&mut before),
            d_h0: Some(&mut d_h0),
            d_c0: Some(&mut d_c0),
        };
        let [d_out, d_hn, d_cn] = d.each_ref().map(|d| Some(&d[..]));
        let inputs = Inputs { gates, out, cells: Some(cells), d_out, d_hn, d_cn };
        let mut packed = unset(width * self.hidden.next_multiple_of(4));
        let mut scratch = unset(pool.threads() * (16 * (width + 2 * self.hidden) + self.hidden));
        backward(&self.layer(), &inputs, gradients, &mut packed, &mut scratch, pool);
        [d_gates, d_products, before, d_h0, d_c0]
    }

    /// Out, hn and cn in float64, an item at a time.
    fn plain(&self, [a, weight, bias, h0, c0]: &Values<f64>) -> [Vec<f64>; 3] {
        let (hidden, width) = (self.hidden, self.cell.gates() * self.hidden);
        let mut out = vec![0.0; a.len() / self.cell.gates()];
        let (mut hn, mut cn) = (h0.clone(), c0.clone());
        let mut start = 0;
        for (item, &len) in self.lengths.iter().enumerate() {
            let (h, c) = (&mut hn[item * hidden..][..hidden], &mut cn[item * hidden..][..hidden]);
            for step in 0..len as usize {
                let row = start + if self.reverse { len as usize - 1 - step } else { step };
                let u: Vec<f64> = (0..width).map(|g| bias[g] + (0..hidden).map(|j| h[j] * weight[g * hidden + j]).sum::<f64>()).collect();
                for j in 0..hidden {
                    let (a, u) = (|g: usize| a[row * width + g * hidden + j], |g: usize| u[g * hidden + j]);
                    step64(self.cell, a, u, &mut c[j], &mut h[j]);
                    out[row * hidden + j] = h[j];
                }
            }
            start += len as usize;
        }
        [out, hn, cn]
    }
}

fn step64(cell: Cell, a: impl Fn(usize) -> f64, u: impl Fn(usize) -> f64, c: &mut f64, h: &mut f64) {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let sum = |g| a(g) + u(g);
    match cell {
        Cell::Tanh => *h = sum(0).tanh(),
        Cell::Relu => *h = sum(0).max(0.0),
        Cell::Lstm => {
            *c = sigmoid(sum(1)) * *c + sigmoid(sum(0)) * sum(2).tanh();
            *h = sigmoid(sum(3)) * c.tanh();
        }
        Cell::Gru => {
            let (z, n) = (sigmoid(sum(1)), (a(2) + sigmoid(sum(0)) * u(2)).tanh());
            *h = n + z * (*h - n);
        }
    }
}

/// Widths around the lanes, batches around a task of 16, lengths of 0 and 1 among longer ones.
fn problems() -> Vec<Problem> {
    let lengths: [&[i32]; 4] = [&[1], &[3, 0, 5, 1], &[2; 17], &[4, 1, 3, 3, 2, 0, 1, 5, 2, 2, 1, 4, 3, 2, 1, 1, 2, 3, 1]];
    CELLS
        .into_iter()
        .flat_map(|cell| lengths.into_iter().zip([3, 4, 1, 5]).map(move |(lengths, hidden)| (cell, hidden, lengths)))
        .flat_map(|(cell, hidden, lengths)| [false, true].map(|reverse| Problem::new(cell, hidden, lengths, reverse)))
        .collect()
}

#[test]
fn states_and_cells() {
    for problem in problems() {
        let [_, out, _, hn, cn] = problem.forward(&Serial);
        let [want_out, want_hn, want_cn] = problem.plain(&problem.values.each_ref().map(|x| wide(x)));
        let scale = want_out.iter().fold(1.0, |largest: f64, x| largest.max(x.abs()));
        let name = format!("{:?}, {} wide", problem.cell, problem.hidden);
        assert_close(&name, &out, &want_out, 2e-6 * scale);
        assert_close(&name, &hn, &want_hn, 2e-6 * scale);
        if problem.cell == Cell::Lstm {
            assert_close(&name, &cn, &want_cn, 2e-6);
        }
    }
}

#[test]
fn gradients() {
    for problem in problems().into_iter().filter(|problem| problem.cell != Cell::Relu) {
        let saved = problem.forward(&Serial);
        let mut random = Random(3);
        let mut d = [&saved[1], &saved[3], &saved[4]].map(|x| random.normals(x.len()));
        if problem.cell != Cell::Lstm {
            d[2].fill(0.0); // no cell
        }
        let [d_gates, d_products, before, d_h0, d_c0] = problem.backward(&saved, &d, &Serial);
        let values = problem.values.each_ref().map(|x| wide(x));
        let by_differences = |which: usize| {
            gradient(&values[which], |x| {
                let mut moved = values.clone();
                moved[which] = x.to_vec();
                problem.plain(&moved).iter().zip(&d).map(|(out, d)| dot(out, d)).sum()
            })
        };
        let name = format!("{:?}, {} wide", problem.cell, problem.hidden);
        assert_gradient(&name, &d_gates, &by_differences(0));
        assert_gradient(&name, &d_h0, &by_differences(3));
        if problem.cell == Cell::Lstm {
            assert_gradient(&name, &d_c0, &by_differences(4));
        }
        // dW = Σ over rows of dU ⊗ the state before
        let (hidden, width) = (problem.hidden, problem.cell.gates() * problem.hidden);
        let product = |g: usize, j: usize| {
            d_products.chunks(width).zip(before.chunks(hidden)).map(|(d, h)| d[g] * h[j]).sum::<f32>()
        };
        let d_weight: Vec<f32> = (0..width * hidden).map(|i| product(i / hidden, i % hidden)).collect();
        assert_gradient(&name, &d_weight, &by_differences(1));
    }
}

#[test]
fn same_bits_on_any_pool() {
    let lengths: Vec<i32> = (0..37).map(|item| item * 5 % 11).collect();
    for cell in CELLS {
        let problem = Problem::new(cell, 37, &lengths, false);
        assert_same_on_any_pool(|pool| {
            let saved = problem.forward(pool);
            let d = [&saved[1], &saved[3], &saved[4]].map(|x| Random(3).normals(x.len()));
            let gradients = problem.backward(&saved, &d, pool);
            saved.into_iter().chain(gradients).collect()
        });
    }
}

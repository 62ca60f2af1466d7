//! Matrix product with a fused epilogue: `out = activation(op(a) · op(b) + bias)`.
//!
//! ```text
//! pack b in panels of 16 columns, in parallel; a too if it is transposed
//! for each block of MC rows × NC columns (a task):
//!     loop over KC steps of k                        the panel's KC × 16 stays in L1, a's MC × KC in L2
//!         loop over the block's panels
//!             loop over its rows, a few at a time    the register tile (tile.rs)
//!     after the last KC: bias, activation
//! ```
//! The loops are those of Goto and van de Geijn (2008) and BLIS, with two departures. The left operand is not packed when it lies in rows: a
//! tile reads two or three rows, each in sequence, which costs nothing, and packing would be an eighth of the time of a product 128 wide. And all of
//! `b` is packed before anything is multiplied, so that tasks share it whatever thread they run on. Fewer than [`PACK_FROM_ROWS`] rows
//! take `b` as it lies (`small.rs`).
//!
//! Sums over k are in order within a block of KC and over blocks: the same for any number of threads.

pub mod pack;
mod small;
pub mod tile;

use crate::gelu;
use crate::lanes::{Lane, WIDTH};
use crate::parallel::{Disjoint, Parallel};
use pack::{pack_left, pack_right, packed_len, panel_vectors};
pub use small::dot;
use tile::{Left, PANEL, Right, Sink};

/// Rows of a task.
const MC: usize = 64;
/// Columns of a task: a multiple of the panel.
const NC: usize = 256;
/// Steps between the loads and stores of a tile's sums: KC × 16 × 4 bytes is half of a 32 kB L1.
const KC: usize = 256;
/// From this many rows on, packing `b` pays.
const PACK_FROM_ROWS: usize = 8;

/// Sizes of a product and how its operands lie: `a` is `[a_batch, m, k]` (transposed `[a_batch, k, m]`), `b` is `[b_batch, k, n]` (transposed
/// `[b_batch, n, k]`).
#[derive(Clone, Copy)]
pub struct Product {
    /// Number of products.
    pub batch: usize,
    /// `batch`, or 1 if all share one `a`.
    pub a_batch: usize,
    /// `batch`, or 1 if all share one `b`.
    pub b_batch: usize,
    /// Rows of the result.
    pub m: usize,
    /// Columns of the result.
    pub n: usize,
    /// Terms of each sum.
    pub k: usize,
    /// `a` is stored transposed.
    pub transpose_a: bool,
    /// `b` is stored transposed.
    pub transpose_b: bool,
}

/// What is applied to the sums.
#[derive(Clone, Copy)]
pub struct Epilogue<'a> {
    bias: Option<&'a [f32]>,
    activation: Activation,
}

/// The activations that can be fused.
#[derive(Clone, Copy, PartialEq)]
enum Activation {
    None,
    Relu,
    Gelu,
    GeluTanh,
}

impl<'a> Epilogue<'a> {
    /// `activation`: 0 none, 1 ReLU, 2 GELU (erf), 3 GELU (tanh).
    pub fn new(bias: Option<&'a [f32]>, activation: i32) -> Self {
        let activation = match activation {
            0 => Activation::None,
            1 => Activation::Relu,
            2 => Activation::Gelu,
            3 => Activation::GeluTanh,
            other => panic!("matmul: activation is 0, 1, 2 or 3, got {other}"),
        };
        Self { bias, activation }
    }
}

impl Activation {
    #[inline(always)]
    fn apply(self, x: Lane) -> Lane {
        match self {
            Self::None => x,
            Self::Relu => x.lt(Lane::zero()).select(Lane::zero(), x),
            Self::Gelu => gelu::erf(x),
            Self::GeluTanh => gelu::tanh(x),
        }
    }
}

/// `out` (and `pre`, before the activation) is `[batch, m, n]`; `packed` holds both operands' packed forms.
pub fn matmul(
    product: Product,
    a: &[f32],
    b: &[f32],
    epilogue: Epilogue,
    out: &mut [f32],
    mut pre: Option<&mut [f32]>,
    packed: &mut [f32],
    pool: &impl Parallel,
) {
    let Product { batch, a_batch, b_batch, m, n, k, .. } = product;
    if m * n == 0 {
        return;
    }
    for item in 0..batch {
        let a = &a[item % a_batch * m * k..][..m * k];
        let b = &b[item % b_batch * k * n..][..k * n];
        let rows = Rows {
            out: Disjoint::new(&mut out[item * m * n..][..m * n]),
            pre: pre.as_deref_mut().map(|pre| Disjoint::new(&mut pre[item * m * n..][..m * n])),
            n,
            epilogue,
        };
        let (packed_right, packed_left) = packed.split_at_mut(packed_len(k, n));
        if product.transpose_a && m > 1 {
            pack_left(a, k, m, packed_left, pool);
        }
        let a = if product.transpose_a && m > 1 { &packed_left[..m * k] } else { a };
        let left = Left { data: a, row_stride: k, step_stride: 1 };
        if m >= PACK_FROM_ROWS {
            if b_batch == batch || item == 0 {
                pack_right(b, k, n, product.transpose_b, packed_right, pool);
            }
            blocks(&product, left, packed_right, &rows, pool);
        } else if product.transpose_b {
            small::product_transposed(&product, a, b, &rows, pool);
        } else {
            small::product(&product, left, b, &rows, pool);
        }
    }
}

fn blocks(product: &Product, a: Left, packed: &[f32], rows: &Rows, pool: &impl Parallel) {
    let Product { m, n, k, .. } = *product;
    let row_blocks = m.div_ceil(MC);
    // 2 · MC · NC · k operations at about 40 a nanosecond.
    let nanoseconds = MC.min(m) * NC.min(n) * k / 20;
    pool.for_each(row_blocks * n.div_ceil(NC), nanoseconds, &|task, _| {
        let (row, column) = (task % row_blocks * MC, task / row_blocks * NC);
        let height = MC.min(m - row);
        for step in (0..k.max(1)).step_by(KC) {
            let steps = KC.min(k - step);
            for from in (column..(column + NC).min(n)).step_by(PANEL) {
                let vectors = panel_vectors(n, from);
                let width = vectors * WIDTH;
                let right = Right { data: &packed[from * k + step * width..], stride: width };
                let mut sink = rows.sink(from, width.min(n - from), step == 0, step + steps == k);
                sink.row = row;
                tile::panel(vectors, height, steps, a.from(row, step), right, &mut sink);
            }
        }
    });
}

/// The output's rows, written by tasks that own different parts of them.
struct Rows<'a> {
    out: Disjoint<'a, f32>,
    pre: Option<Disjoint<'a, f32>>,
    n: usize,
    epilogue: Epilogue<'a>,
}

/// Writes one panel's sums: columns `column .. column + width`, rows counted from `row`.
struct PanelSink<'r, 'a> {
    rows: &'r Rows<'a>,
    row: usize,
    column: usize,
    width: usize,
    first: bool,
    last: bool,
}

impl<'a> Rows<'a> {
    /// `first`: nothing has been summed yet; `last`: nothing more will be.
    fn sink(&self, column: usize, width: usize, first: bool, last: bool) -> PanelSink<'_, 'a> {
        PanelSink { rows: self, row: 0, column, width, first, last }
    }

    fn write_one(&self, row: usize, column: usize, sum: f32) {
        let mut sink = self.sink(column, 1, true, true);
        sink.take(row, [Lane::splat(sum)]);
    }
}

impl Sink for PanelSink<'_, '_> {
    #[inline(always)]
    #[allow(unsafe_code)]
    fn take<const VECTORS: usize>(&mut self, row: usize, sums: [Lane; VECTORS]) {
        let start = (self.row + row) * self.rows.n + self.column;
        // SAFETY: rows and columns of this task, and one panel of it at a time.
        let out = unsafe { self.rows.out.part(start..start + self.width) };
        if out.len() == VECTORS * WIDTH {
            for (v, sum) in sums.into_iter().enumerate() {
                self.write(start + v * WIDTH, self.column + v * WIDTH, &mut out[v * WIDTH..][..WIDTH], sum);
            }
        } else {
            for (v, (to, sum)) in out.chunks_mut(WIDTH).zip(sums).enumerate() {
                self.write(start + v * WIDTH, self.column + v * WIDTH, to, sum);
            }
        }
    }
}

impl PanelSink<'_, '_> {
    /// One vector, `to`, which is at `at` of the whole output and starts with column `column`.
    #[inline(always)]
    #[allow(unsafe_code)]
    fn write(&self, at: usize, column: usize, to: &mut [f32], sum: Lane) {
        let sum = if self.first { sum } else { sum + load(to) };
        if !self.last {
            return store(sum, to);
        }
        let Epilogue { bias, activation } = self.rows.epilogue;
        let sum = match bias {
            Some(bias) => sum + load(&bias[column..][..to.len()]),
            None => sum,
        };
        if let Some(pre) = &self.rows.pre {
            // SAFETY: the same part of a buffer of the same shape.
            store(sum, unsafe { pre.part(at..at + to.len()) });
        }
        store(activation.apply(sum), to);
    }
}

#[inline(always)]
fn load(from: &[f32]) -> Lane {
    if from.len() >= WIDTH { Lane::load(from) } else { Lane::load_partial(from, 0.0) }
}

#[inline(always)]
fn store(lane: Lane, to: &mut [f32]) {
    if to.len() >= WIDTH { lane.store(to) } else { lane.store_partial(to) }
}

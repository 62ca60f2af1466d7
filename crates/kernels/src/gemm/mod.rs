//! Matrix product with a fused epilogue: `out = activation(op(a) · op(b) + bias)`.
//!
//! ```text
//! pack b in panels of 8 columns, in parallel; a too if it is transposed and wide
//! for each block of MC rows × NC columns (a task):
//!     loop over KC steps of k                        the panel's KC × 8 stays in L1, a's MC × KC in L2
//!         loop over the block's panels
//!             loop over its rows, six at a time      the register tile (tile/)
//!     then over the block: bias, activation         (epilogue.rs)
//! ```
//! The loops are those of Goto and van de Geijn (2008) and BLIS, with two departures. The left operand is not packed when it lies in rows: a
//! tile reads six rows, each in sequence, which costs nothing (packed or not, a tile is as fast), and a product 128 wide has little work to hide the packing behind. And all of
//! `b` is packed before anything is multiplied, so that tasks share it whatever thread they run on. Fewer than [`SHARE_FROM_ROWS`] rows
//! have packing of their own, or none (`small.rs`), and so has a weight's gradient (`deep.rs`).
//!
//! Sums over k are in order within a block of KC and over blocks: the same for any number of threads.

mod deep;
mod epilogue;
pub mod pack;
mod packed;
mod small;
pub mod tile;

use crate::lanes::WIDTH;
use crate::parallel::Parallel;
pub use epilogue::Epilogue;
use epilogue::Rows;
use pack::{multiply_groups, pack_left, pack_right, packed_len, transpose};
pub use packed::add_packed;
pub use small::dot;
use tile::{Into, Left, PANEL, multiply};

/// The most rows of a task: a multiple of the tile's height, and so is its quarter.
const MC: usize = 96;
/// The most columns of a task: a multiple of the panel, and so is its quarter.
const NC: usize = 256;
/// A product is cut finer until it makes as many tasks: enough for two threads, or four, to end together.
const TASKS: usize = 8;
/// Steps between the loads and stores of a tile's sums: KC × (8 + 6) × 4 bytes is half of a 32 kB L1.
const KC: usize = 256;
/// From this many rows on, packing `b` pays.
const PACK_FROM_ROWS: usize = 3;
/// From this width on a transposed `a` is packed too. Its steps lie that far apart: from 2 kB on they crowd each other out of the cache, below that packing costs
/// more than it saves (over 2,048 steps: 256 wide 53 GFLOP/s as it lies and 46 packed, 1,024 wide 41 and 45).
const PACK_LEFT_FROM: usize = 512;
/// From this many rows on, packing all of it beforehand does, for all tasks.
const SHARE_FROM_ROWS: usize = 48;

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
        let pre = pre.as_deref_mut().map(|pre| &mut pre[item * m * n..][..m * n]);
        let rows = Rows::new(&mut out[item * m * n..][..m * n], pre, n, epilogue);
        if deep::suits(&product) {
            deep::product(&product, a, b, &rows, packed, pool);
            continue;
        }
        let (packed_right, packed_left) = packed.split_at_mut(packed_len(k, n));
        let (row_stride, step_stride) = if product.transpose_a { (1, m) } else { (k, 1) };
        let left = Left { data: a, row_stride, step_stride };
        if m >= SHARE_FROM_ROWS {
            if b_batch == batch || item == 0 {
                pack_right(b, k, n, product.transpose_b, packed_right, pool);
            }
            let pack = product.transpose_a && m >= PACK_LEFT_FROM;
            if pack {
                pack_left(a, k, m, block(m, n).0, packed_left, pool);
            }
            let groups = pack.then_some(&*packed_left);
            blocks(&product, groups, left, packed_right, &rows, pool);
        } else if m >= PACK_FROM_ROWS {
            small::few_rows(&product, left, b, &rows, packed_right, pool);
        } else if !product.transpose_b {
            small::product(&product, left, b, &rows, pool);
        } else if product.transpose_a {
            transpose(a, k, m, packed_left);
            small::product_transposed(&product, packed_left, b, &rows, pool);
        } else {
            small::product_transposed(&product, a, b, &rows, pool);
        }
    }
}

/// Rows and columns of a task, by the shape alone.
fn block(m: usize, n: usize) -> (usize, usize) {
    let cuts = [(MC, NC), (MC / 2, NC), (MC / 4, NC), (MC / 4, NC / 2), (MC / 4, NC / 4)];
    let enough = cuts.into_iter().find(|(rows, columns)| m.div_ceil(*rows) * n.div_ceil(*columns) >= TASKS);
    enough.unwrap_or((MC / 4, NC / 4))
}

/// All tasks. `groups` is the packed form of a transposed left operand, if there is one, read in place of `left`.
fn blocks(product: &Product, groups: Option<&[f32]>, left: Left, packed: &[f32], rows: &Rows, pool: &impl Parallel) {
    let Product { m, n, k, .. } = *product;
    let (block_rows, block_columns) = block(m, n);
    let row_blocks = m.div_ceil(block_rows);
    // Two operations a term, at about 50 a nanosecond.
    let nanoseconds = block_rows.min(m) * block_columns.min(n) * k / 25;
    pool.for_each(row_blocks * n.div_ceil(block_columns), nanoseconds, &|task, _| {
        let (row, column) = (task % row_blocks * block_rows, task / row_blocks * block_columns);
        let (end, columns_end) = ((row + block_rows).min(m), (column + block_columns).min(n));
        for step in (0..k.max(1)).step_by(KC) {
            let steps = KC.min(k - step);
            let into = if step == 0 { Into::Store } else { Into::Add };
            for from in (column..columns_end).step_by(PANEL) {
                let columns = PANEL.min(n - from);
                let panel = &packed[from * k + step * columns.next_multiple_of(WIDTH)..];
                let Some(groups) = groups else {
                    multiply([end - row, steps, columns], left.from(row, step), panel, rows.target(row, from), into);
                    continue;
                };
                multiply_groups([end - row, steps, columns], groups, k, (row, step), panel, rows.target(row, from), into);
            }
        }
        rows.finish(row..end, column..columns_end);
    });
}

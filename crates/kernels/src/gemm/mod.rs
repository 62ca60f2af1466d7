//! Matrix product with a fused epilogue: `out = activation(op(a) · op(b) + bias)`.
//!
//! ```text
//! pack b in panels of 16 columns, in parallel; a too if it is transposed
//! for each block of MC rows × NC columns (a task):
//!     loop over KC steps of k                        the panel's KC × 16 stays in L1, a's MC × KC in L2
//!         loop over the block's panels
//!             loop over its rows, a few at a time    the register tile (tile.rs)
//!     then over the block: bias, activation         (epilogue.rs)
//! ```
//! The loops are those of Goto and van de Geijn (2008) and BLIS, with two departures. The left operand is not packed when it lies in rows: a
//! tile reads two or three rows, each in sequence, which costs nothing (packed or not, a tile is as fast), and a product 128 wide has little work to hide the packing behind. And all of
//! `b` is packed before anything is multiplied, so that tasks share it whatever thread they run on. Fewer than [`PACK_FROM_ROWS`] rows
//! take `b` as it lies (`small.rs`).
//!
//! Sums over k are in order within a block of KC and over blocks: the same for any number of threads.

mod epilogue;
pub mod pack;
mod small;
pub mod tile;

use crate::lanes::WIDTH;
use crate::parallel::Parallel;
pub use epilogue::Epilogue;
use epilogue::Rows;
use pack::{GROUP, pack_left, pack_right, packed_len, panel_vectors, transpose};
pub use small::dot;
use tile::{Left, PANEL, Right};

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
        let (packed_right, packed_left) = packed.split_at_mut(packed_len(k, n));
        let left = Left { data: a, row_stride: k, step_stride: 1 };
        if m >= PACK_FROM_ROWS {
            if b_batch == batch || item == 0 {
                pack_right(b, k, n, product.transpose_b, packed_right, pool);
            }
            if product.transpose_a {
                pack_left(a, k, m, packed_left, pool);
                let groups = |row, step| group(packed_left, m, k, row, step);
                blocks(&product, GROUP, groups, packed_right, &rows, pool);
            } else {
                blocks(&product, MC, |row, step| left.from(row, step), packed_right, &rows, pool);
            }
        } else if !product.transpose_b {
            let transposed = Left { data: a, row_stride: 1, step_stride: m };
            small::product(&product, if product.transpose_a { transposed } else { left }, b, &rows, pool);
        } else if product.transpose_a {
            transpose(a, k, m, packed_left);
            small::product_transposed(&product, packed_left, b, &rows, pool);
        } else {
            small::product_transposed(&product, a, b, &rows, pool);
        }
    }
}

/// The group of a packed transposed operand that starts at `row`, from `step` on.
fn group(packed: &[f32], m: usize, k: usize, row: usize, step: usize) -> Left<'_> {
    let width = GROUP.min(m - row);
    Left { data: &packed[row * k + step * width..], row_stride: 1, step_stride: width }
}

/// All tasks. `left(row, step)` is the left operand from there on, good for `group` rows; `group` divides MC.
fn blocks<'a>(
    product: &Product,
    group: usize,
    left: impl Fn(usize, usize) -> Left<'a> + Sync,
    packed: &[f32],
    rows: &Rows,
    pool: &impl Parallel,
) {
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
                for first in (row..row + height).step_by(group) {
                    let mut sink = rows.sink(first, from, width.min(n - from), step == 0);
                    tile::panel(vectors, group.min(row + height - first), steps, left(first, step), right, &mut sink);
                }
            }
        }
        rows.finish(row..row + height, column..(column + NC).min(n));
    });
}

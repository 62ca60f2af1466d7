//! Products of few rows. Packing all of the right operand first would send it through memory twice more than the product does: a task packs
//! its own columns, some steps at a time, and multiplies them while they are in the cache. One or two rows, one token at a time, do not pay even for
//! that: they take the right operand as it lies.

use super::epilogue::Rows;
use super::pack::{columns_from_rows, pack_steps};
use super::tile::{Into, Left, PANEL, multiply};
use super::{KC, Product};
use crate::lanes::{Lane, WIDTH};
use crate::parallel::{Disjoint, Parallel};
use core::ops::Range;

/// Columns a task takes.
const COLUMNS: usize = 64;

/// `a · b`, `b` packed on the way; `packed` takes min(k, KC) steps of all columns.
pub fn few_rows(product: &Product, a: Left, b: &[f32], rows: &Rows, packed: &mut [f32], pool: &impl Parallel) {
    let Product { m, n, k, .. } = *product;
    let depth = k.min(KC);
    let packed = Disjoint::new(packed);
    pool.for_each(n.div_ceil(COLUMNS), (m + 2) * k * COLUMNS / 25, &|task, _| {
        let columns = task * COLUMNS..((task + 1) * COLUMNS).min(n);
        let room = columns.start * depth..columns.end.next_multiple_of(WIDTH) * depth;
        // SAFETY: these columns are this task's.
        #[allow(unsafe_code)]
        let packed = unsafe { packed.part(room) };
        for step in (0..k.max(1)).step_by(KC) {
            let steps = step..k.min(step + KC);
            pack_columns(product, b, &columns, &steps, packed);
            let into = if step == 0 { Into::Store } else { Into::Add };
            for from in columns.clone().step_by(PANEL) {
                let panel = &packed[(from - columns.start) * steps.len()..];
                let sizes = [m, steps.len(), PANEL.min(n - from)];
                multiply(sizes, a.from(0, step), panel, rows.target(0, from), into);
            }
        }
        rows.finish(0..m, columns);
    });
}

fn pack_columns(product: &Product, b: &[f32], columns: &Range<usize>, steps: &Range<usize>, packed: &mut [f32]) {
    let Product { n, k, .. } = *product;
    if product.transpose_b {
        let count = steps.len();
        for from in columns.clone().step_by(PANEL) {
            let panel = &mut packed[(from - columns.start) * count..];
            columns_from_rows(&b[from * k + steps.start..], k, PANEL.min(n - from), count, panel);
        }
        return;
    }
    pack_steps(b, n, columns, steps, packed);
}

/// Vectors of one row that are summed at a time: enough for the additions not to wait for each other.
const VECTORS: usize = 4;

/// `a · b` with `b` as `[k, n]`: pieces of a row of sums at a time, straight over `b`. The sums are those of the tile, term by term.
pub fn product(product: &Product, a: Left, b: &[f32], rows: &Rows, pool: &impl Parallel) {
    let Product { m, n, k, .. } = *product;
    pool.for_each(n.div_ceil(COLUMNS), m * k * COLUMNS / 16, &|task, _| {
        let end = ((task + 1) * COLUMNS).min(n);
        for from in (task * COLUMNS..end).step_by(VECTORS * WIDTH) {
            let columns = from..end.min(from + VECTORS * WIDTH);
            for row in 0..m {
                let out = rows.part(row, columns.clone());
                for step in (0..k.max(1)).step_by(KC) {
                    let steps = KC.min(k - step);
                    let sums = sum_rows(a.from(row, step), steps, &b[(step * n + from).min(b.len())..], n, columns.len());
                    for (to, sum) in out.chunks_mut(WIDTH).zip(sums) {
                        if step == 0 { sum.store_partial(to) } else { (sum + Lane::load_partial(to, 0.0)).store_partial(to) }
                    }
                }
            }
        }
        rows.finish(0..m, task * COLUMNS..end);
    });
}

/// `Σ factor · row of b`, the first `columns` of them.
#[inline(always)]
#[allow(unsafe_code)]
fn sum_rows(factors: Left, steps: usize, b: &[f32], n: usize, columns: usize) -> [Lane; VECTORS] {
    let mut sums = [Lane::zero(); VECTORS];
    if steps == 0 {
        return sums;
    }
    if columns == VECTORS * WIDTH {
        assert!((steps - 1) * factors.step_stride < factors.data.len() && (steps - 1) * n + VECTORS * WIDTH <= b.len());
        for step in 0..steps {
            // SAFETY: within the length asserted above.
            let factor = unsafe { Lane::splat_unchecked(factors.data, step * factors.step_stride) };
            for (v, sum) in sums.iter_mut().enumerate() {
                // SAFETY: as above.
                *sum = factor.madd(unsafe { Lane::load_unchecked(b, step * n + v * WIDTH) }, *sum);
            }
        }
    } else {
        for step in 0..steps {
            let factor = Lane::splat(factors.data[step * factors.step_stride]);
            for (sum, four) in sums.iter_mut().zip(b[step * n..][..columns].chunks(WIDTH)) {
                *sum = factor.madd(Lane::load_partial(four, 0.0), *sum);
            }
        }
    }
    sums
}

/// `a · bᵀ` with `b` as `[n, k]` and `a` in rows: dot products.
pub fn product_transposed(product: &Product, a: &[f32], b: &[f32], rows: &Rows, pool: &impl Parallel) {
    let Product { m, n, k, .. } = *product;
    pool.for_each(n.div_ceil(COLUMNS), m * k * COLUMNS / 12, &|task, _| {
        let columns = task * COLUMNS..((task + 1) * COLUMNS).min(n);
        for column in columns.clone() {
            let right = &b[column * k..(column + 1) * k];
            for row in 0..m {
                rows.part(row, column..column + 1)[0] = dot(&a[row * k..(row + 1) * k], right);
            }
        }
        rows.finish(0..m, columns);
    });
}

/// Σ a·b in four lanes of four sums each, then their total in a fixed order.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    const BLOCK: usize = 4 * WIDTH;
    let mut sums = [Lane::zero(); 4];
    let (mut a_blocks, mut b_blocks) = (a.chunks_exact(BLOCK), b.chunks_exact(BLOCK));
    for (x, y) in (&mut a_blocks).zip(&mut b_blocks) {
        for (v, sum) in sums.iter_mut().enumerate() {
            *sum = Lane::load(&x[v * WIDTH..]).madd(Lane::load(&y[v * WIDTH..]), *sum);
        }
    }
    for (x, y) in a_blocks.remainder().chunks(WIDTH).zip(b_blocks.remainder().chunks(WIDTH)) {
        sums[0] = Lane::load_partial(x, 0.0).madd(Lane::load_partial(y, 0.0), sums[0]);
    }
    ((sums[0] + sums[2]) + (sums[1] + sums[3])).sum()
}

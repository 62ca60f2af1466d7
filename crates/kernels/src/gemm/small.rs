//! Products of few rows, one token at a time: packing the right operand would cost more than the product, so it is read once, as it lies.

use super::tile::{self, Left, PANEL, PANEL_VECTORS, Right};
use super::Product;
use super::epilogue::Rows;
use crate::lanes::{Lane, WIDTH};
use crate::parallel::Parallel;

/// Columns a task takes.
const COLUMNS: usize = 64;

/// `a · b` with `b` as `[k, n]`: the register tile, straight over `b`. Columns past the last whole vector one by one.
pub fn product(product: &Product, a: Left, b: &[f32], rows: &Rows, pool: &impl Parallel) {
    let Product { m, n, k, .. } = *product;
    pool.for_each(n.div_ceil(COLUMNS), m * k * COLUMNS / 16, &|task, _| {
        let end = ((task + 1) * COLUMNS).min(n);
        let mut from = task * COLUMNS;
        while from + WIDTH <= end {
            let vectors = ((end - from) / WIDTH).min(PANEL_VECTORS);
            let right = Right { data: &b[from.min(b.len())..], stride: n };
            tile::panel(vectors, m, k, a, right, &mut rows.sink(0, from, vectors * WIDTH, true));
            from += (vectors * WIDTH).min(PANEL);
        }
        for column in from..end {
            for row in 0..m {
                let left = a.from(row, 0);
                let sum: f32 = (0..k).map(|step| left.data[step * left.step_stride] * b[step * n + column]).sum();
                rows.write_one(row, column, sum);
            }
        }
        rows.finish(0..m, task * COLUMNS..end);
    });
}

/// `a · bᵀ` with `b` as `[n, k]` and `a` in rows: dot products.
pub fn product_transposed(product: &Product, a: &[f32], b: &[f32], rows: &Rows, pool: &impl Parallel) {
    let Product { m, n, k, .. } = *product;
    pool.for_each(n.div_ceil(COLUMNS), m * k * COLUMNS / 12, &|task, _| {
        let columns = task * COLUMNS..((task + 1) * COLUMNS).min(n);
        for column in columns.clone() {
            let right = &b[column * k..(column + 1) * k];
            for row in 0..m {
                rows.write_one(row, column, dot(&a[row * k..(row + 1) * k], right));
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

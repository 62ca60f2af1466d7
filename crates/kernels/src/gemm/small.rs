//! Products of few rows, one token at a time: packing the right operand would cost more than the product, so it is read once, as it lies.

use super::tile::Left;
use super::Product;
use super::epilogue::Rows;
use crate::lanes::{Lane, WIDTH};
use crate::parallel::Parallel;

/// Columns a task takes.
const COLUMNS: usize = 64;

/// Vectors of one row that are summed at a time: enough for the additions not to wait for each other.
const VECTORS: usize = 4;

/// `a · b` with `b` as `[k, n]`: pieces of a row of sums at a time, straight over `b`.
pub fn product(product: &Product, a: Left, b: &[f32], rows: &Rows, pool: &impl Parallel) {
    let Product { m, n, k, .. } = *product;
    pool.for_each(n.div_ceil(COLUMNS), m * k * COLUMNS / 16, &|task, _| {
        let end = ((task + 1) * COLUMNS).min(n);
        for from in (task * COLUMNS..end).step_by(VECTORS * WIDTH) {
            let columns = from..end.min(from + VECTORS * WIDTH);
            for row in 0..m {
                let left = a.from(row, 0);
                let factors = (0..k).map(|step| left.data[step * left.step_stride]);
                sum_rows(factors, b, n, columns.start, rows.part(row, columns.clone()));
            }
        }
        rows.finish(0..m, task * COLUMNS..end);
    });
}

/// `out = Σ factor · row of b`, from column `from` on.
#[inline(always)]
fn sum_rows(factors: impl Iterator<Item = f32>, b: &[f32], n: usize, from: usize, out: &mut [f32]) {
    let mut sums = [Lane::zero(); VECTORS];
    if out.len() == VECTORS * WIDTH {
        for (step, factor) in factors.enumerate() {
            let row = &b[step * n + from..][..VECTORS * WIDTH];
            for (v, sum) in sums.iter_mut().enumerate() {
                *sum = Lane::splat(factor).madd(Lane::load(&row[v * WIDTH..]), *sum);
            }
        }
    } else {
        for (step, factor) in factors.enumerate() {
            let row = &b[step * n + from..][..out.len()];
            for (sum, four) in sums.iter_mut().zip(row.chunks(WIDTH)) {
                *sum = Lane::splat(factor).madd(Lane::load_partial(four, 0.0), *sum);
            }
        }
    }
    out.chunks_mut(WIDTH).zip(sums).for_each(|(to, sum)| sum.store_partial(to));
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

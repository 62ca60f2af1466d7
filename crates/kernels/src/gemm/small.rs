//! Products of few rows. Packing all of the right operand first would send it through memory twice more than the product does: a task packs
//! its own columns, some steps at a time, and multiplies them while they are in the cache. One or two rows, one token at a time, do not pay even for
//! that: they take the right operand as it lies.

use super::epilogue::Rows;
use super::pack::{columns_from_rows, pack_steps};
use super::tile::{Into, Left, PANEL, multiply};
use super::{KC, Product};
use crate::lanes::{Lane, WIDTH};
use crate::lanewise::update;
use crate::parallel::{Disjoint, Parallel};
use core::array;
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

/// Columns a task takes of a right operand that it reads as it lies: enough of each row for the processor to see where the reading goes.
const STREAMED: usize = 256;
/// Rows of the right operand that are added to the sums at a time, so that these are fetched and put back so much less often.
const STEPS: usize = 8;

/// `a · b` with `b` as `[k, n]`, straight over `b`. The sums are those of the tile, term by term.
pub fn product(product: &Product, a: Left, b: &[f32], rows: &Rows, pool: &impl Parallel) {
    let Product { m, n, k, .. } = *product;
    pool.for_each(n.div_ceil(STREAMED), m * k * STREAMED / 10, &|task, _| {
        let columns = task * STREAMED..((task + 1) * STREAMED).min(n);
        for row in 0..m {
            let out = rows.part(row, columns.clone());
            for step in (0..k.max(1)).step_by(KC) {
                let mut sums = [0.0; STREAMED];
                let sums = &mut sums[..out.len()];
                add_rows(a.from(row, step), KC.min(k - step), &b[(step * n + columns.start).min(b.len())..], n, sums);
                if step == 0 {
                    out.copy_from_slice(sums);
                } else {
                    update(out, [&*sums], |out, [sum]| sum + out);
                }
            }
        }
        rows.finish(0..m, columns);
    });
}

/// Adds `factor · row of b` for each of `steps` rows, `n` apart, to `sums`.
fn add_rows(factors: Left, steps: usize, b: &[f32], n: usize, sums: &mut [f32]) {
    let mut step = 0;
    while step + STEPS <= steps {
        add_steps::<STEPS>(factors.from(0, step), &b[step * n..], n, sums);
        step += STEPS;
    }
    for step in step..steps {
        add_steps::<1>(factors.from(0, step), &b[step * n..], n, sums);
    }
}

#[inline(always)]
fn add_steps<const COUNT: usize>(factors: Left, b: &[f32], n: usize, sums: &mut [f32]) {
    let factors: [Lane; COUNT] = array::from_fn(|step| Lane::splat(factors.data[step * factors.step_stride]));
    let rows: [&[f32]; COUNT] = array::from_fn(|step| &b[step * n..][..sums.len()]);
    update(sums, rows, |sum, row| factors.iter().zip(row).fold(sum, |sum, (factor, b)| factor.madd(b, sum)));
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

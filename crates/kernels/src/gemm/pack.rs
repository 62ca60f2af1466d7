//! Copies in the order the register tile reads: the right operand in panels of 16 columns, a transposed left operand in groups of 16 rows.

use super::tile::{PANEL, PANEL_VECTORS};
use crate::lanes::WIDTH;
use crate::parallel::{Disjoint, Parallel, for_each_chunk};

/// Vectors of the panel that starts at column `from` of `n`.
pub fn panel_vectors(n: usize, from: usize) -> usize {
    (n - from).div_ceil(WIDTH).min(PANEL_VECTORS)
}

/// Elements of the packed form of `[k, n]`.
pub fn packed_len(k: usize, n: usize) -> usize {
    k * n.next_multiple_of(WIDTH)
}

/// `b` is `[k, n]`, or `[n, k]` if `transposed`. Panel `p` is at `p · 16 · k` as `[k, width]`, the columns past `n` zero.
pub fn pack_right(b: &[f32], k: usize, n: usize, transposed: bool, packed: &mut [f32], pool: &impl Parallel) {
    let packed = &mut packed[..packed_len(k, n)];
    if !transposed {
        return pack_panels(b, k, n, WIDTH, packed, pool);
    }
    for_each_chunk(pool, packed, PANEL * k, PANEL * k / 2, |p, panel| {
        let from = p * PANEL;
        let width = panel_vectors(n, from) * WIDTH;
        let columns = width.min(n - from);
        columns_from_rows(&b[from * k..(from + columns) * k], k, columns, k, width, panel);
    });
}

/// `a` is `[k, m]`. Group `g` of 16 rows of its transpose is at `g · 16 · k` as `[k, rows]`: a tile's steps then follow each other in memory;
/// as `a` lies, they are `m` apart and, where that is a power of two, share a few sets of the cache.
pub fn pack_left(a: &[f32], k: usize, m: usize, packed: &mut [f32], pool: &impl Parallel) {
    pack_panels(a, k, m, 1, &mut packed[..m * k], pool);
}

/// Rows of a packed group of a transposed left operand.
pub const GROUP: usize = PANEL;

/// `x` is `[k, n]`; panel `p`, of its columns from `16 p` on, is at `p · 16 · k` as `[k, width]`. The last width is what is left, rounded up to a
/// multiple of `whole`. A task takes some steps of all panels, so that it reads whole rows: panel by panel, each line of `x` would come from
/// another page.
#[allow(unsafe_code)]
fn pack_panels(x: &[f32], k: usize, n: usize, whole: usize, packed: &mut [f32], pool: &impl Parallel) {
    const STEPS: usize = 32;
    let packed = Disjoint::new(packed);
    pool.for_each(k.div_ceil(STEPS), STEPS * n / 8, &|task, _| {
        let steps = task * STEPS..((task + 1) * STEPS).min(k);
        for from in (0..n).step_by(PANEL) {
            let columns = PANEL.min(n - from);
            let width = columns.next_multiple_of(whole);
            // SAFETY: these steps of this panel are this task's.
            let panel = unsafe { packed.part(from * k + steps.start * width..from * k + steps.end * width) };
            for (step, to) in steps.clone().zip(panel.chunks_exact_mut(width)) {
                to[..columns].copy_from_slice(&x[step * n + from..][..columns]);
                to[columns..].fill(0.0);
            }
        }
    });
}

/// `columns` rows of `k` elements, `stride` apart, become the columns of `panel`, `[k, width]`; those past `columns` are zero.
pub fn columns_from_rows(rows: &[f32], stride: usize, columns: usize, k: usize, width: usize, panel: &mut [f32]) {
    let row = |column: usize| &rows[column * stride..][..k];
    let whole = columns / WIDTH * WIDTH;
    for column in (0..whole).step_by(WIDTH) {
        let (r0, r1, r2, r3) = (row(column), row(column + 1), row(column + 2), row(column + 3));
        let four = r0.iter().zip(r1).zip(r2).zip(r3);
        for (to, (((&a, &b), &c), &d)) in panel.chunks_exact_mut(width).zip(four) {
            to[column..column + WIDTH].copy_from_slice(&[a, b, c, d]);
        }
    }
    for column in whole..width {
        if column < columns {
            panel.chunks_exact_mut(width).zip(row(column)).for_each(|(to, &value)| to[column] = value);
        } else {
            panel.chunks_exact_mut(width).take(k).for_each(|to| to[column] = 0.0);
        }
    }
}

/// `a` is `[k, m]`; `rows` becomes its transpose, `[m, k]`. For the few rows of a small product.
pub fn transpose(a: &[f32], k: usize, m: usize, rows: &mut [f32]) {
    for (row, to) in rows[..m * k].chunks_exact_mut(k.max(1)).enumerate() {
        for (step, to) in to.iter_mut().enumerate() {
            *to = a[step * m + row];
        }
    }
}

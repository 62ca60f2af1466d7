//! Copies in the order the register tile reads: the right operand in panels of 16 columns, a transposed left operand in rows.

use super::tile::{PANEL, PANEL_VECTORS};
use crate::lanes::WIDTH;
use crate::parallel::{Parallel, for_each_chunk};

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
    for_each_chunk(pool, packed, PANEL * k, PANEL * k / 2, |p, panel| {
        let from = p * PANEL;
        let width = panel_vectors(n, from) * WIDTH;
        let columns = width.min(n - from);
        if transposed {
            columns_from_rows(&b[from * k..(from + columns) * k], k, columns, k, width, panel);
        } else {
            for (step, to) in panel.chunks_exact_mut(width).enumerate() {
                to[..columns].copy_from_slice(&b[step * n + from..step * n + from + columns]);
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

/// `a` is `[k, m]`; `packed` becomes its transpose, `[m, k]`.
pub fn pack_left(a: &[f32], k: usize, m: usize, packed: &mut [f32], pool: &impl Parallel) {
    const ROWS: usize = 16;
    for_each_chunk(pool, &mut packed[..m * k], ROWS * k, ROWS * k / 2, |block, rows| {
        let (from, count) = (block * ROWS, rows.len() / k);
        for (group, four) in rows.chunks_mut(WIDTH * k).enumerate() {
            let column = from + group * WIDTH;
            if column + WIDTH <= from + count {
                transpose_four(&a[column..], m, k, four);
            } else {
                for (r, row) in four.chunks_exact_mut(k).enumerate() {
                    for (step, to) in row.iter_mut().enumerate() {
                        *to = a[step * m + column + r];
                    }
                }
            }
        }
    });
}

/// Columns 0 to 3 of `a` (`k` rows, `m` apart) as four rows of `k`.
fn transpose_four(a: &[f32], m: usize, k: usize, four: &mut [f32]) {
    let (r0, rest) = four.split_at_mut(k);
    let (r1, rest) = rest.split_at_mut(k);
    let (r2, r3) = rest.split_at_mut(k);
    let rows = r0.iter_mut().zip(r1).zip(r2).zip(r3);
    for (from, (((a0, a1), a2), a3)) in a.chunks(m).zip(rows) {
        [*a0, *a1, *a2, *a3] = from[..WIDTH].try_into().unwrap();
    }
}

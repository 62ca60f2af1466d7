//! Copies in the order the register tile reads: the right operand in panels of 8 columns, a transposed left operand in groups of a tile's rows.
//!
//! Elements move four at a time; a `copy_from_slice` of a length the compiler does not know is a call out of the module in V8.

use super::tile::{HEIGHT, Into, Left, PANEL, Target, height, multiply, panel_vectors};
use crate::lanes::{Lane, WIDTH};
use crate::parallel::{Disjoint, Parallel, for_each_chunk};
use core::ops::Range;

/// Elements of the packed form of `[k, n]`.
pub fn packed_len(k: usize, n: usize) -> usize {
    k * n.next_multiple_of(WIDTH)
}

/// Panels of a task that turns rows into columns.
const PANELS: usize = 8;

/// `b` is `[k, n]`, or `[n, k]` if `transposed`. The panel from column `c` on is at `c · k` as `[k, width]`, the columns past `n` zero.
pub fn pack_right(b: &[f32], k: usize, n: usize, transposed: bool, packed: &mut [f32], pool: &impl Parallel) {
    let packed = &mut packed[..packed_len(k, n)];
    if !transposed {
        return pack_panels(b, k, n, packed, pool);
    }
    let chunk = PANELS * PANEL * k;
    for_each_chunk(pool, packed, chunk, chunk / 8, |task, panels| {
        for (p, panel) in panels.chunks_mut((PANEL * k).max(1)).enumerate() {
            let from = (task * PANELS + p) * PANEL;
            let width = panel_vectors(n, from) * WIDTH;
            columns_from_rows(&b[from * k..], k, width.min(n - from), k, panel);
        }
    });
}

/// Steps of all panels that a task takes, so that it reads whole rows: panel by panel, each line of `x` would come from another page.
const STEPS: usize = 32;

#[allow(unsafe_code)]
fn pack_panels(x: &[f32], k: usize, n: usize, packed: &mut [f32], pool: &impl Parallel) {
    let packed = Disjoint::new(packed);
    pool.for_each(k.div_ceil(STEPS), STEPS * n / 8, &|task, _| {
        let steps = task * STEPS..((task + 1) * STEPS).min(k);
        for from in (0..n).step_by(PANEL) {
            let width = panel_vectors(n, from) * WIDTH;
            // SAFETY: these steps of this panel are this task's.
            let panel = unsafe { packed.part(from * k + steps.start * width..from * k + steps.end * width) };
            panel_from_rows(&x[steps.start * n + from..], n, width.min(n - from), panel);
        }
    });
}

/// Some steps of some columns of `x`, `[k, n]`, as panels of so many steps.
pub fn pack_steps(x: &[f32], n: usize, columns: &Range<usize>, steps: &Range<usize>, panels: &mut [f32]) {
    /// Steps of all panels at a time: rows some power of two apart share a few sets of the cache, and a line holds two panels.
    const TOGETHER: usize = 8;
    for first in steps.clone().step_by(TOGETHER) {
        let some = TOGETHER.min(steps.end - first);
        for from in (0..columns.len()).step_by(PANEL) {
            let wide = PANEL.min(columns.len() - from);
            let width = wide.next_multiple_of(WIDTH);
            let start = from * steps.len() + (first - steps.start) * width;
            panel_from_rows(&x[first * n + columns.start + from..], n, wide, &mut panels[start..start + some * width]);
        }
    }
}

/// Rows `stride` apart, of `columns` ≤ 8 elements, side by side and filled up with zeros to whole vectors: as many as `panel` takes.
#[inline(always)]
pub fn panel_from_rows(rows: &[f32], stride: usize, columns: usize, panel: &mut [f32]) {
    match columns {
        PANEL => {
            for (row, to) in panel.chunks_exact_mut(PANEL).enumerate() {
                let from = &rows[row * stride..][..PANEL];
                Lane::load(from).store(to);
                Lane::load(&from[WIDTH..]).store(&mut to[WIDTH..]);
            }
        }
        WIDTH => {
            for (row, to) in panel.chunks_exact_mut(WIDTH).enumerate() {
                Lane::load(&rows[row * stride..]).store(to);
            }
        }
        _ => {
            for (row, to) in panel.chunks_exact_mut(columns.next_multiple_of(WIDTH)).enumerate() {
                for (fours, to) in rows[row * stride..][..columns].chunks(WIDTH).zip(to.chunks_exact_mut(WIDTH)) {
                    Lane::load_partial(fours, 0.0).store(to);
                }
            }
        }
    }
}

/// `columns` ≤ 8 rows of `k` elements, `stride` apart, become the columns of `panel`, `[k, columns in whole vectors]`, filled up with zeros.
pub fn columns_from_rows(rows: &[f32], stride: usize, columns: usize, k: usize, panel: &mut [f32]) {
    let row = |r: usize| &rows[r * stride..][..k];
    let panel = &mut panel[..k * columns.next_multiple_of(WIDTH)];
    match columns {
        PANEL => {
            four_columns::<PANEL, 0>([row(0), row(1), row(2), row(3)], panel);
            four_columns::<PANEL, WIDTH>([row(4), row(5), row(6), row(7)], panel);
        }
        WIDTH => four_columns::<WIDTH, 0>([row(0), row(1), row(2), row(3)], panel),
        _ => {
            for (step, to) in panel.chunks_exact_mut(columns.next_multiple_of(WIDTH)).enumerate() {
                to.iter_mut().enumerate().for_each(|(r, to)| *to = if r < columns { rows[r * stride + step] } else { 0.0 });
            }
        }
    }
}

/// Four rows become columns `AT` to `AT + 3` of a panel that is `PANEL` wide.
#[inline(always)]
fn four_columns<const PANEL: usize, const AT: usize>(rows: [&[f32]; WIDTH], panel: &mut [f32]) {
    let whole = rows.map(|row| row.as_chunks::<WIDTH>().0);
    let (steps, _) = panel.as_chunks_mut::<PANEL>();
    let (fours, rest) = steps.as_chunks_mut::<WIDTH>();
    let count = fours.len();
    let whole = whole.map(|fours| &fours[..count]);
    for (i, four) in fours.iter_mut().enumerate() {
        let columns = Lane::transpose(whole.map(|fours| Lane::from_array(fours[i])));
        four.iter_mut().zip(columns).for_each(|(to, column)| column.store(&mut to[AT..]));
    }
    for (i, to) in rest.iter_mut().enumerate() {
        to[AT..AT + WIDTH].copy_from_slice(&rows.map(|row| row[count * WIDTH + i]));
    }
}

/// `a` is `[k, m]`. Its transpose is cut into groups of rows, one for each tile that [`super::blocks`] will ask for; the group from `row` on is at `row ·
/// k` as `[k, rows]`: a tile's steps then follow each other in memory. As `a` lies, they are `m` apart and, where that is a power of two,
/// share a few sets of the cache.
#[allow(unsafe_code)]
pub fn pack_left(a: &[f32], k: usize, m: usize, block: usize, packed: &mut [f32], pool: &impl Parallel) {
    let packed = Disjoint::new(&mut packed[..m * k]);
    pool.for_each(k.div_ceil(STEPS), STEPS * m / 6, &|task, _| {
        let steps = task * STEPS..((task + 1) * STEPS).min(k);
        for (row, rows) in groups(m, block) {
            // SAFETY: these steps of this group are this task's.
            let group = unsafe { packed.part(row * k + steps.start * rows..row * k + steps.end * rows) };
            let from = &a[steps.start * m + row..];
            if rows == HEIGHT {
                copy_groups::<HEIGHT>(from, m, group);
            } else {
                let each = group.chunks_exact_mut(rows).enumerate();
                each.for_each(|(step, to)| to.iter_mut().zip(&from[step * m..]).for_each(|(to, &x)| *to = x));
            }
        }
    });
}

#[inline(always)]
fn copy_groups<const ROWS: usize>(from: &[f32], stride: usize, group: &mut [f32]) {
    for (step, to) in group.as_chunks_mut::<ROWS>().0.iter_mut().enumerate() {
        let x: &[f32; ROWS] = from[step * stride..][..ROWS].try_into().unwrap();
        *to = *x;
    }
}

/// `(first row, rows)` of each tile of each block.
fn groups(m: usize, block: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut row = 0;
    core::iter::from_fn(move || {
        let left = block.min(m - row / block * block) - row % block;
        let first = row;
        row += height(left);
        (first < m).then_some((first, height(left)))
    })
}

/// [`multiply`] with what [`pack_left`] left of all `k` steps, from `(row, step)` on.
pub fn multiply_groups([m, steps, columns]: [usize; 3], groups: &[f32], k: usize, (row, step): (usize, usize), panel: &[f32], to: Target, into: Into) {
    let mut done = 0;
    while done < m {
        let rows = height(m - done);
        let left = Left { data: &groups[(row + done) * k + step * rows..], row_stride: 1, step_stride: rows };
        multiply([rows, steps, columns], left, panel, to.from(done, 0), into);
        done += rows;
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

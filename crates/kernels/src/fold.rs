//! Over the middle of `[outer, len, inner]`, with one number `s` for each `[outer, inner]` where the op takes one, 0 where none is given:
//!
//! ```text
//!  0 sum            Σ x                 3 exponentials   Σ e^(x − s)
//!  1 maximum        max x, −∞ of none   4 squares        Σ (x − s)²
//!  2 minimum        min x, ∞ of none    5 matches        how many x = s
//! ```
//!
//! Means, variances, norms and log-sum-exp are made of these. NaN makes its maximum and its minimum NaN.
//!
//! The order is fixed by the shape: `len` is cut into pieces, and what the pieces give is folded once more. With `inner` = 1 a piece has
//! 16,384 elements, folded in blocks of 1,024, four lanes side by side; otherwise 64 positions, and lanes run along `inner`.

use crate::lanes::{Lane, LaneMask, WIDTH};
use crate::lanewise::{COPY_TASK, EXP_TASK, TASK, rows_per_task, update};
use crate::math::exp;
use crate::parallel::{Disjoint, Parallel, for_each_chunk};

/// Positions of a piece where lanes run along `inner`; where they run along `len` it is a task.
pub const GROUP: usize = 64;
/// Columns folded side by side.
const COLS: usize = 1024;
/// Elements of a row between which running results start anew.
const BLOCK: usize = 1024;
/// Running results of a row.
const CHAINS: usize = 4;

/// What an op does to a row and to a row of columns: these loops it has of its own, all else is there once.
struct Fold<'a> {
    nanoseconds: usize,
    start: f32,
    /// The result of a row, given its `s`.
    row: &'a (dyn Fn(&[f32], f32) -> f32 + Sync),
    /// Joins a row to the results so far, given the `s` of each column.
    join: &'a (dyn Fn(&mut [f32], &[f32], &[f32]) + Sync),
}

/// What is folded: the middle of `x` `[outer, len, inner]`.
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub struct Middle<'a> {
    pub x: &'a [f32],
    pub len: usize,
    pub inner: usize,
}

/// `out` `[outer, inner]`, by the op's number in the table above; `shift` is as long, `partials` `[outer, ceil(len / 64), inner]`.
pub fn fold(op: i32, over: Middle, shift: Option<&[f32]>, out: &mut [f32], partials: &mut [f32], pool: &impl Parallel) {
    let piece = if over.inner == 1 { TASK } else { GROUP };
    let pieces = over.len.div_ceil(piece);
    if pieces <= 1 {
        return fold_pieces(op, over, piece, shift, out, pool);
    }
    let partials = &mut partials[..out.len() * pieces];
    fold_pieces(op, over, piece, shift, partials, pool);
    let again = if op == 1 || op == 2 { op } else { 0 };
    fold_pieces(again, Middle { x: partials, len: pieces, inner: over.inner }, pieces, None, out, pool);
}

/// `out` `[outer, pieces, inner]`.
fn fold_pieces(op: i32, over: Middle, piece: usize, shift: Option<&[f32]>, out: &mut [f32], pool: &impl Parallel) {
    const INFINITY: f32 = f32::INFINITY;
    let (sum, one) = (|a, b| a + b, Lane::splat(1.0));
    let run = |by: &Fold| run(by, over, piece, shift, out, pool);
    match op {
        0 => each(COPY_TASK, 0.0, |x, _| x, sum, run),
        1 => each(COPY_TASK, -INFINITY, |x, _| x, Lane::maximum, run),
        2 => each(COPY_TASK, INFINITY, |x, _| x, Lane::minimum, run),
        3 => each(EXP_TASK, 0.0, |x, s| exp(x - s), sum, run),
        4 => each(COPY_TASK, 0.0, |x, s| (x - s) * (x - s), sum, run),
        5 => each(COPY_TASK, 0.0, |x, s| x.equals(s).select(one, Lane::zero()), sum, run),
        _ => panic!("fold: there is no such op"),
    }
}

#[inline(always)]
fn each(
    nanoseconds: usize,
    start: f32,
    term: impl Fn(Lane, Lane) -> Lane + Sync,
    join: impl Fn(Lane, Lane) -> Lane + Sync,
    run: impl FnOnce(&Fold),
) {
    run(&Fold {
        nanoseconds,
        start,
        row: &|x, shift| fold_row(x, start, |x| term(x, Lane::splat(shift)), &join),
        join: &|to, x, shift| update(to, [x, shift], |to, [x, s]| join(to, term(x, s))),
    });
}

fn run(by: &Fold, over: Middle, piece: usize, shift: Option<&[f32]>, out: &mut [f32], pool: &impl Parallel) {
    let Middle { x, len, inner } = over;
    let pieces = len.div_ceil(piece).max(1);
    if inner == 1 {
        let together = rows_per_task(len.min(piece));
        return for_each_chunk(pool, out, together, by.nanoseconds.max(len.min(piece) / 3), |task, out| {
            for (at, out) in out.iter_mut().enumerate() {
                let (row, start) = ((task * together + at) / pieces, (task * together + at) % pieces * piece);
                let x = &x[row * len + start..row * len + len.min(start + piece)];
                *out = (by.row)(x, shift.map_or(0.0, |shift| shift[row]));
            }
        });
    }
    let across = inner.div_ceil(COLS);
    let all = out.len() / inner.max(1) * across;
    let together = rows_per_task(len.min(piece) * inner.min(COLS));
    let out = Disjoint::new(out);
    pool.for_each(all.div_ceil(together), by.nanoseconds.max(piece * COLS / 3), &|task, _| {
        for index in task * together..all.min((task + 1) * together) {
            let (row, left) = (index / across, index % across * COLS);
            let width = COLS.min(inner - left);
            // SAFETY: these columns of this piece are this index's, and no other task has it.
            #[allow(unsafe_code)]
            let out = unsafe { out.part(row * inner + left..row * inner + left + width) };
            let start = row % pieces * piece;
            columns(by, over, [row / pieces, start, len.min(start + piece), left], shift, out);
        }
    });
}

/// `out`, some columns from `left` on, over the positions from `start` to `end`.
fn columns(by: &Fold, over: Middle, [outer, start, end, left]: [usize; 4], shift: Option<&[f32]>, out: &mut [f32]) {
    let zeros = [0.0; COLS];
    let shift = shift.map_or(&zeros[..out.len()], |shift| &shift[outer * over.inner + left..][..out.len()]);
    out.fill(by.start);
    for position in start..end {
        let from = (outer * over.len + position) * over.inner + left;
        (by.join)(out, &over.x[from..][..out.len()], shift);
    }
}

#[inline(always)]
fn fold_row(x: &[f32], start: f32, term: impl Fn(Lane) -> Lane, join: impl Fn(Lane, Lane) -> Lane) -> f32 {
    let start = Lane::splat(start);
    let mut total = start;
    for block in x.chunks(BLOCK) {
        let mut running = [start; CHAINS];
        let (groups, rest) = block.as_chunks::<{ CHAINS * WIDTH }>();
        for group in groups {
            for (chain, running) in running.iter_mut().enumerate() {
                *running = join(*running, term(Lane::load(&group[chain * WIDTH..])));
            }
        }
        for (running, four) in running.iter_mut().zip(rest.chunks(WIDTH)) {
            let there = LaneMask::from_array(core::array::from_fn(|i| i < four.len()));
            *running = join(*running, there.select(term(Lane::load_partial(four, 0.0)), start));
        }
        let [a, b, c, d] = running;
        total = join(total, join(join(a, c), join(b, d)));
    }
    let [a, b, c, d] = total.to_array().map(Lane::splat);
    join(join(a, c), join(b, d)).first()
}

/// Where along `len` each result of a maximum or minimum, `best` `[outer, inner]`, was first found, or the first NaN; −1 where neither is.
pub fn find(over: Middle, best: &[f32], out: &mut [i32], pool: &impl Parallel) {
    let Middle { x, len, inner } = over;
    let is = |x: f32, best: f32| x == best || x.is_nan();
    let together = rows_per_task(len * inner);
    for_each_chunk(pool, out, together * inner, (together * len * inner).max(1), |task, out| {
        for (outer, out) in out.chunks_exact_mut(inner).enumerate() {
            let outer = task * together + outer;
            let (x, best) = (&x[outer * len * inner..][..len * inner], &best[outer * inner..][..inner]);
            if inner == 1 {
                out[0] = x.iter().position(|&x| is(x, best[0])).map_or(-1, |at| at as i32);
                continue;
            }
            out.fill(-1);
            for (position, row) in x.chunks_exact(inner).enumerate() {
                for ((out, &x), &best) in out.iter_mut().zip(row).zip(best) {
                    *out = if *out < 0 && is(x, best) { position as i32 } else { *out };
                }
            }
        }
    });
}

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
//! 16,384 elements, folded four lanes side by side; otherwise 64 positions, and lanes run along `inner`.
//!
//! Ops that do something to an element first do it to a thousand, which are then folded where they lie, in the first-level cache: so there
//! are three loops that make terms and three that fold, not one for each of both and each way the lanes run (6 kB of a wasm variant).

use crate::lanes::{Lane, WIDTH};
use crate::lanewise::{COPY_TASK, EXP_TASK, TASK, Whole, map_whole, rows_per_task, update, whole};
use crate::math::exp;
use crate::parallel::{Disjoint, Parallel, for_each_chunk};
use crate::reduce::sum_of_block;

/// Positions of a piece where lanes run along `inner`; where they run along `len` it is a task.
pub const GROUP: usize = 64;
/// Columns folded side by side, and terms made at a time.
const COLS: usize = 1024;
/// Running results of a row.
const CHAINS: usize = 4;

/// What an op does.
struct Fold<'a> {
    nanoseconds: usize,
    start: f32,
    /// What becomes of an element and its `s` first.
    term: Option<&'a dyn Whole<2>>,
    join: &'a dyn Join,
}

trait Join: Sync {
    /// All of a row.
    fn row(&self, x: &[f32]) -> f32;
    /// A row to the results so far.
    fn onto(&self, to: &mut [f32], x: &[f32]);
}

struct Sum;

impl Join for Sum {
    fn row(&self, x: &[f32]) -> f32 {
        sum_of_block(x)
    }

    fn onto(&self, to: &mut [f32], x: &[f32]) {
        update(to, [x], |to, [x]| to + x);
    }
}

struct Extreme<F> {
    of_none: f32,
    better: F,
}

impl<F: Fn(Lane, Lane) -> Lane + Sync> Join for Extreme<F> {
    fn row(&self, x: &[f32]) -> f32 {
        let mut running = [Lane::splat(self.of_none); CHAINS];
        let (groups, rest) = x.as_chunks::<{ CHAINS * WIDTH }>();
        let mut last = [self.of_none; CHAINS * WIDTH];
        last[..rest.len()].copy_from_slice(rest);
        for group in groups.iter().chain([&last]) {
            for (chain, running) in running.iter_mut().enumerate() {
                *running = (self.better)(*running, Lane::load(&group[chain * WIDTH..]));
            }
        }
        let [a, b, c, d] = running;
        let [a, b, c, d] = (self.better)((self.better)(a, c), (self.better)(b, d)).to_array().map(Lane::splat);
        (self.better)((self.better)(a, c), (self.better)(b, d)).first()
    }

    fn onto(&self, to: &mut [f32], x: &[f32]) {
        update(to, [x], |to, [x]| (self.better)(to, x));
    }
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
    let largest = Extreme { of_none: -INFINITY, better: Lane::maximum };
    let smallest = Extreme { of_none: INFINITY, better: Lane::minimum };
    let power = whole(|[x, s]| exp(x - s));
    let square = whole(|[x, s]| (x - s) * (x - s));
    let matches = whole(|[x, s]: [Lane; 2]| x.equals(s).select(Lane::splat(1.0), Lane::zero()));
    let sum = Fold { nanoseconds: COPY_TASK, start: 0.0, term: None, join: &Sum };
    let by = match op {
        0 => sum,
        1 => Fold { start: -INFINITY, join: &largest, ..sum },
        2 => Fold { start: INFINITY, join: &smallest, ..sum },
        3 => Fold { nanoseconds: EXP_TASK, term: Some(&power), ..sum },
        4 => Fold { term: Some(&square), ..sum },
        5 => Fold { term: Some(&matches), ..sum },
        _ => panic!("fold: there is no such op"),
    };
    run(&by, over, piece, shift, out, pool)
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
                *out = folded_row(by, x, shift.map_or(0.0, |shift| shift[row]));
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

fn folded_row(by: &Fold, x: &[f32], shift: f32) -> f32 {
    let Some(term) = by.term else { return by.join.row(x) };
    let (mut terms, mut shifts) = ([0.0; COLS], [0.0; COLS]);
    shifts[..x.len().min(COLS)].fill(shift);
    let mut total = 0.0;
    for x in x.chunks(COLS) {
        let terms = &mut terms[..x.len()];
        map_whole([x, &shifts[..x.len()]], terms, term);
        total += by.join.row(terms);
    }
    total
}

/// `out`, some columns from `left` on, over the positions from `start` to `end`.
fn columns(by: &Fold, over: Middle, [outer, start, end, left]: [usize; 4], shift: Option<&[f32]>, out: &mut [f32]) {
    let (mut terms, zeros) = ([0.0; COLS], [0.0; COLS]);
    let shift = shift.map_or(&zeros[..out.len()], |shift| &shift[outer * over.inner + left..][..out.len()]);
    out.fill(by.start);
    for position in start..end {
        let from = (outer * over.len + position) * over.inner + left;
        let x = &over.x[from..][..out.len()];
        let Some(term) = by.term else {
            by.join.onto(out, x);
            continue;
        };
        let terms = &mut terms[..x.len()];
        map_whole([x, shift], terms, term);
        by.join.onto(out, terms);
    }
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

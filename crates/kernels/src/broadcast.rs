//! Element by element over operands of different shapes, as NumPy broadcasts them: the results are contiguous, an operand that lacks an
//! axis or has size 1 there is repeated along it.
//!
//! ```text
//!  binary     0 x + y   1 x − y   2 x · y   3 x / y   4 max(x, y)   5 min(x, y)
//!             6 the share of x in the gradient of max: 1, but ½ where x = y and 0 where x < y
//!  ternary    0 z · e^(x − y)   1 z · (x − y)   2 z · [x = y]   3 z − y · eˣ   4 (x − y) − z
//!  select     a where the condition is set, else b
//!  compare    1 x < y   2 x = y   3 x ≤ y   6 x ≠ y: bits for less, for equal, and for the opposite of both
//! ```
//!
//! A maximum or minimum with NaN is NaN; a comparison with NaN is false, but for ≠.
//!
//! Operands are walked along the innermost axis, where each either goes along or stands still; one that stands still is written to a
//! strip of 512 first. So each function has one loop, over slices, whatever the shapes (measured under Node 24, 2026-11: the strip costs
//! 6 % of adding a number to 8 MiB).

use core::ops::Range;

use crate::lanes::Lane;
use crate::lanewise::{COPY_TASK, EXP_TASK, TASK, Whole, map_whole, whole};
use crate::math::exp;
use crate::parallel::{Parallel, for_each_chunk};

/// Elements of a repeated operand that are written out at a time.
const STRIP: usize = 512;

/// How two or three operands are walked for one result.
struct Layout<'a> {
    /// `[size, step of each operand]` for each axis but the innermost.
    outer: &'a [i32],
    operands: usize,
    /// The innermost axis: its size, and whether each operand goes along.
    inner: usize,
    moves: [bool; 3],
}

impl<'a> Layout<'a> {
    /// `axes` are `[size, step of each operand]`, the outermost first, the steps of the last 0 or 1. None at all: each operand has as
    /// many elements as the result, or one.
    #[inline(never)]
    fn new(axes: &'a [i32], lens: &[usize], out: usize) -> Self {
        let operands = lens.len();
        if axes.is_empty() {
            let moves = core::array::from_fn(|k| lens.get(k).is_some_and(|&len| len == out));
            return Self { outer: axes, operands, inner: out, moves };
        }
        let (outer, last) = axes.split_at(axes.len() - (operands + 1));
        assert!(last[1..].iter().all(|step| (0..2).contains(step)), "broadcast: the innermost steps must be 0 or 1");
        let moves = core::array::from_fn(|k| last.get(1 + k) == Some(&1));
        Self { outer, operands, inner: last[0] as usize, moves }
    }

    /// Where row `row` of each operand starts.
    fn row(&self, mut row: usize) -> [usize; 3] {
        let mut at = [0; 3];
        for axis in self.outer.chunks_exact(self.operands + 1).rev() {
            let size = axis[0] as usize;
            let index = if row < size { row } else { row % size };
            row = if row < size { 0 } else { row / size };
            for (at, &step) in at.iter_mut().zip(&axis[1..]) {
                *at += index * step as usize;
            }
        }
        at
    }

    /// The pieces of `len` elements from element `start` of the result on.
    #[inline(never)]
    fn pieces(&'a self, start: usize, len: usize) -> Pieces<'a> {
        let inner = self.inner.max(1);
        let (row, col) = (start / inner, start % inner);
        let strips = self.moves[..self.operands].contains(&false);
        let most = if strips { STRIP } else { usize::MAX };
        Pieces { layout: self, most, row, col, done: 0, len, at: self.row(row) }
    }
}

/// Pieces of a result, within one row each, and no longer than a strip if an operand stands still.
struct Pieces<'a> {
    layout: &'a Layout<'a>,
    most: usize,
    row: usize,
    col: usize,
    done: usize,
    len: usize,
    /// Where `row` starts.
    at: [usize; 3],
}

impl Iterator for Pieces<'_> {
    /// Where each operand is, and the elements, counted from the first.
    type Item = ([usize; 3], Range<usize>);

    #[inline(always)] // rows may be short: 27 ns a row of 512 when it was not, a third of the time of an addition
    fn next(&mut self) -> Option<Self::Item> {
        if self.done == self.len {
            return None;
        }
        let Layout { inner, moves, .. } = *self.layout;
        let at = core::array::from_fn(|k| if moves[k] { self.at[k] + self.col } else { self.at[k] });
        let piece = self.done..self.len.min(self.done + self.most.min(inner - self.col));
        (self.done, self.col) = (piece.end, self.col + piece.len());
        if self.col == inner {
            (self.row, self.col) = (self.row + 1, 0);
            self.at = self.layout.row(self.row);
        }
        Some((at, piece))
    }
}

/// A repeated operand, written out.
struct Strip<T> {
    values: [T; STRIP],
    /// Which element it is full of, and how far.
    of: usize,
    filled: usize,
}

impl<T: Copy + Default> Strip<T> {
    fn new() -> Self {
        Self { values: [T::default(); STRIP], of: 0, filled: 0 }
    }

    /// `len` elements of `x` from `at` on or, where the operand stands still, of this strip full of the one at `at`.
    #[inline(always)]
    fn part<'a>(&'a mut self, x: &'a [T], at: usize, moves: bool, len: usize) -> &'a [T] {
        if moves { &x[at..][..len] } else { self.full_of(x[at], at, len) }
    }

    #[inline(never)]
    fn full_of(&mut self, value: T, at: usize, len: usize) -> &[T] {
        if at != self.of || len > self.filled {
            self.values[..len].fill(value);
            (self.of, self.filled) = (at, len);
        }
        &self.values[..len]
    }
}

#[inline(never)] // else there is one in each arm
fn over_lanes<const N: usize>(
    pool: &impl Parallel,
    nanoseconds: usize,
    x: [&[f32]; N],
    axes: &[i32],
    out: &mut [f32],
    each: &dyn Whole<N>,
) {
    let layout = Layout::new(axes, &x.map(<[f32]>::len), out.len());
    for_each_chunk(pool, out, TASK, nanoseconds, |task, out| {
        let mut strips: [Strip<f32>; N] = core::array::from_fn(|_| Strip::new());
        for (at, piece) in layout.pieces(task * TASK, out.len()) {
            let mut operands = strips.iter_mut().zip(x).zip(at).zip(layout.moves);
            let parts = core::array::from_fn(|_| {
                let (((strip, x), at), moves) = operands.next().expect("an operand for each");
                strip.part(x, at, moves, piece.len())
            });
            map_whole(parts, &mut out[piece], each);
        }
    });
}

/// `out = f(x, y)`, f by its number.
pub fn binary(op: i32, x: &[f32], y: &[f32], axes: &[i32], out: &mut [f32], pool: &impl Parallel) {
    let mut run = |each: &dyn Whole<2>| over_lanes(pool, COPY_TASK, [x, y], axes, out, each);
    match op {
        0 => run(&whole(|[x, y]| x + y)),
        1 => run(&whole(|[x, y]| x - y)),
        2 => run(&whole(|[x, y]| x * y)),
        3 => run(&whole(|[x, y]| x / y)),
        4 => run(&whole(|[x, y]| x.maximum(y))),
        5 => run(&whole(|[x, y]| x.minimum(y))),
        6 => run(&whole(|[x, y]| {
            let (one, half, zero) = (Lane::splat(1.0), Lane::splat(0.5), Lane::zero());
            x.lt(y).select(zero, x.equals(y).select(half, one))
        })),
        _ => panic!("binary: there is no such op"),
    }
}

/// `out = f(x, y, z)`, f by its number.
pub fn ternary(op: i32, x: [&[f32]; 3], axes: &[i32], out: &mut [f32], pool: &impl Parallel) {
    let mut run = |nanoseconds, each: &dyn Whole<3>| over_lanes(pool, nanoseconds, x, axes, out, each);
    match op {
        0 => run(EXP_TASK, &whole(|[x, y, z]| z * exp(x - y))),
        1 => run(COPY_TASK, &whole(|[x, y, z]| z * (x - y))),
        2 => run(COPY_TASK, &whole(|[x, y, z]| z * x.equals(y).select(Lane::splat(1.0), Lane::zero()))),
        3 => run(EXP_TASK, &whole(|[x, y, z]| z - y * exp(x))),
        4 => run(COPY_TASK, &whole(|[x, y, z]| (x - y) - z)),
        _ => panic!("ternary: there is no such op"),
    }
}

/// `out = condition ? a : b`.
pub fn select(condition: &[u8], a: &[f32], b: &[f32], axes: &[i32], out: &mut [f32], pool: &impl Parallel) {
    let layout = Layout::new(axes, &[condition.len(), a.len(), b.len()], out.len());
    let [moves, moves_a, moves_b] = layout.moves;
    for_each_chunk(pool, out, TASK, COPY_TASK, |task, out| {
        let (mut flags, mut strip_a, mut strip_b) = (Strip::new(), Strip::new(), Strip::new());
        for ([at, at_a, at_b], piece) in layout.pieces(task * TASK, out.len()) {
            let out = &mut out[piece];
            let condition = flags.part(condition, at, moves, out.len());
            let a = strip_a.part(a, at_a, moves_a, out.len());
            let b = strip_b.part(b, at_b, moves_b, out.len());
            for (((out, &condition), &a), &b) in out.iter_mut().zip(condition).zip(a).zip(b) {
                *out = if condition != 0 { a } else { b };
            }
        }
    });
}

/// `out = x ? y`, the comparison by its number. One loop serves all of them: it is no slower than waiting for memory.
pub fn compare<T>(op: i32, x: &[T], y: &[T], axes: &[i32], out: &mut [u8], pool: &impl Parallel)
where
    T: Copy + Default + PartialOrd + Sync,
{
    let [if_less, if_equal, not] = [op & 1, op >> 1 & 1, op >> 2 & 1].map(|bit| bit as u8);
    let layout = Layout::new(axes, &[x.len(), y.len()], out.len());
    for_each_chunk(pool, out, TASK, COPY_TASK, |task, out| {
        let [mut strip_x, mut strip_y] = [Strip::new(), Strip::new()];
        for ([at_x, at_y, _], piece) in layout.pieces(task * TASK, out.len()) {
            let out = &mut out[piece];
            let x = strip_x.part(x, at_x, layout.moves[0], out.len());
            let y = strip_y.part(y, at_y, layout.moves[1], out.len());
            for ((out, x), y) in out.iter_mut().zip(x).zip(y) {
                *out = ((x < y) as u8 & if_less | (x == y) as u8 & if_equal) ^ not;
            }
        }
    });
}

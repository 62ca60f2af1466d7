//! Element by element over operands of different shapes, as NumPy broadcasts them: the results are contiguous, an operand that lacks an
//! axis or has size 1 there is repeated along it.
//!
//! ```text
//!  binary     0 x + y   1 x − y   2 x · y   3 x / y   4 max(x, y)   5 min(x, y)
//!             6 the share of x in the gradient of max: 1, but ½ where x = y and 0 where x < y
//!  ternary    0 z · e^(x − y)   1 z · (x − y)   2 z · [x = y]   3 z − y · eˣ   4 (x − y) − z
//!  select     a where the condition is set, else b
//!  compare    0 x = y   1 x ≠ y   2 x < y   3 x ≤ y
//! ```
//!
//! A maximum or minimum with NaN is NaN; a comparison with NaN is false, but for ≠.
//!
//! Operands are walked along the innermost axis, where each either goes along or stands still; one that stands still is written to a
//! strip of 512 first. So each function has one loop, over slices, whatever the shapes (measured under Node 24, 2026-11: the strip costs
//! 6 % of adding a number to 8 MiB).

use crate::lanes::Lane;
use crate::lanewise::{COPY_TASK, EXP_TASK, TASK, Whole, map_whole, whole};
use crate::math::exp;
use crate::parallel::{Parallel, for_each_chunk};

/// Elements of a repeated operand that are written out at a time.
const STRIP: usize = 512;

/// How `N` operands are walked for one result.
struct Layout<'a, const N: usize> {
    /// `[size, step of each operand]` for each axis but the innermost.
    outer: &'a [i32],
    /// The innermost axis: its size, and whether each operand goes along.
    inner: usize,
    moves: [bool; N],
}

impl<'a, const N: usize> Layout<'a, N> {
    /// `axes` are `[size, step of each operand]`, the outermost first, the steps of the last 0 or 1. None at all: each operand has as
    /// many elements as the result, or one.
    fn new(axes: &'a [i32], lens: [usize; N], out: usize) -> Self {
        if axes.is_empty() {
            return Self { outer: axes, inner: out, moves: lens.map(|len| len == out) };
        }
        let (outer, last) = axes.split_at(axes.len() - (N + 1));
        assert!(last[1..].iter().all(|step| (0..2).contains(step)), "broadcast: the innermost steps must be 0 or 1");
        Self { outer, inner: last[0] as usize, moves: core::array::from_fn(|k| last[1 + k] == 1) }
    }

    /// Where row `row` of each operand starts.
    fn row(&self, mut row: usize) -> [usize; N] {
        let mut at = [0; N];
        for axis in self.outer.chunks_exact(N + 1).rev() {
            let size = axis[0] as usize;
            let index = if row < size { row } else { row % size };
            row = if row < size { 0 } else { row / size };
            for (at, &step) in at.iter_mut().zip(&axis[1..]) {
                *at += index * step as usize;
            }
        }
        at
    }

    /// Calls `f` for the pieces of `out`, which starts at element `start` of the result, with where the operands are there.
    #[inline(always)]
    fn pieces<T>(&self, start: usize, mut out: &mut [T], mut f: impl FnMut([usize; N], &mut [T])) {
        let most = if self.moves.contains(&false) { STRIP } else { usize::MAX };
        let (mut row, mut col) = (start / self.inner.max(1), start % self.inner.max(1));
        while !out.is_empty() {
            let at = self.row(row);
            let (mut rest, after) = out.split_at_mut(out.len().min(self.inner - col));
            while !rest.is_empty() {
                let (piece, after) = rest.split_at_mut(rest.len().min(most));
                f(core::array::from_fn(|k| if self.moves[k] { at[k] + col } else { at[k] }), piece);
                (col, rest) = (col + most.min(self.inner), after);
            }
            (row, col, out) = (row + 1, 0, after);
        }
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
        if moves {
            return &x[at..][..len];
        }
        if at != self.of || len > self.filled {
            self.values[..len].fill(x[at]);
            (self.of, self.filled) = (at, len);
        }
        &self.values[..len]
    }
}

fn over_lanes<const N: usize>(
    pool: &impl Parallel,
    nanoseconds: usize,
    x: [&[f32]; N],
    axes: &[i32],
    out: &mut [f32],
    each: &Whole<N>,
) {
    let layout = Layout::new(axes, x.map(<[f32]>::len), out.len());
    for_each_chunk(pool, out, TASK, nanoseconds, |task, out| {
        let mut strips: [Strip<f32>; N] = core::array::from_fn(|_| Strip::new());
        layout.pieces(task * TASK, out, |at, out| {
            let mut operands = strips.iter_mut().zip(x).zip(at).zip(layout.moves);
            let parts = core::array::from_fn(|_| {
                let (((strip, x), at), moves) = operands.next().expect("an operand for each");
                strip.part(x, at, moves, out.len())
            });
            map_whole(parts, out, each);
        });
    });
}

/// `out = f(x, y)`, f by its number.
pub fn binary(op: i32, x: &[f32], y: &[f32], axes: &[i32], out: &mut [f32], pool: &impl Parallel) {
    let mut run = |each: &Whole<2>| over_lanes(pool, COPY_TASK, [x, y], axes, out, each);
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
    let mut run = |nanoseconds, each: &Whole<3>| over_lanes(pool, nanoseconds, x, axes, out, each);
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
    let layout = Layout::new(axes, [condition.len(), a.len(), b.len()], out.len());
    for_each_chunk(pool, out, TASK, COPY_TASK, |task, out| {
        let (mut flags, mut strips) = (Strip::new(), [Strip::new(), Strip::new()]);
        let [strip_a, strip_b] = &mut strips;
        layout.pieces(task * TASK, out, |[at, at_a, at_b], out| {
            let [moves, moves_a, moves_b] = layout.moves;
            let condition = flags.part(condition, at, moves, out.len());
            let a = strip_a.part(a, at_a, moves_a, out.len());
            let b = strip_b.part(b, at_b, moves_b, out.len());
            for (((out, &condition), &a), &b) in out.iter_mut().zip(condition).zip(a).zip(b) {
                *out = if condition != 0 { a } else { b };
            }
        });
    });
}

/// `out = x ? y`, the comparison by its number.
pub fn compare<T>(op: i32, x: &[T], y: &[T], axes: &[i32], out: &mut [u8], pool: &impl Parallel)
where
    T: Copy + Default + PartialOrd + Sync,
{
    match op {
        0 => compare_by(|x: T, y| x == y, x, y, axes, out, pool),
        1 => compare_by(|x: T, y| x != y, x, y, axes, out, pool),
        2 => compare_by(|x: T, y| x < y, x, y, axes, out, pool),
        3 => compare_by(|x: T, y| x <= y, x, y, axes, out, pool),
        _ => panic!("compare: there is no such op"),
    }
}

fn compare_by<T>(holds: impl Fn(T, T) -> bool + Sync, x: &[T], y: &[T], axes: &[i32], out: &mut [u8], pool: &impl Parallel)
where
    T: Copy + Default + PartialOrd + Sync,
{
    let layout = Layout::new(axes, [x.len(), y.len()], out.len());
    for_each_chunk(pool, out, TASK, COPY_TASK, |task, out| {
        let mut strips = [Strip::new(), Strip::new()];
        let [strip_x, strip_y] = &mut strips;
        layout.pieces(task * TASK, out, |[at_x, at_y], out| {
            let x = strip_x.part(x, at_x, layout.moves[0], out.len());
            let y = strip_y.part(y, at_y, layout.moves[1], out.len());
            for ((out, &x), &y) in out.iter_mut().zip(x).zip(y) {
                *out = holds(x, y) as u8;
            }
        });
    });
}

//! Loops over slices, four lanes at a time. The one to three elements that remain go through one partly filled lane, so that the whole
//! of a row meets the same arithmetic; what a function makes of the unfilled lanes is thrown away.
//!
//! One index runs over slices cut to one length beforehand, so that the loop has no bounds check. That is not about the check: where a
//! loop has a second way out, V8 does not move constants and row statistics in front of it, and LayerNorm took twice as long (measured
//! under Node 20, 2026-11: 10 GB/s and 20 GB/s).
//!
//! Sums have one order, given by the length alone: running sums side by side over 256 elements each (short enough to be precise), then over the
//! blocks.

use crate::lanes::{Lane, LaneMask, WIDTH};
use crate::parallel::{Parallel, for_each_chunk};

/// Elements a task is given, if rows allow: 64 KiB, two of which fit the second-level cache of anything that runs wasm.
pub const TASK: usize = 16_384;

/// What a task takes, in nanoseconds, if memory is all it waits for; and if it computes something like `exp` of each element.
/// Measured under Node 20 on a shared Xeon core, 2026-11: 0.1 to 0.3 ns and 0.5 to 1.5 ns an element.
pub const COPY_TASK: usize = TASK * 3 / 10;
pub const EXP_TASK: usize = TASK;

/// Elements that go through one running sum before it starts again from 0.
const BLOCK: usize = 256;
/// Elements that go through one loop and then the next, in the first-level cache.
const STAGE: usize = 1024;

/// Rows a task takes so as to have about [`TASK`] elements; 1 at least.
pub fn rows_per_task(cols: usize) -> usize {
    (TASK / cols.max(1)).max(1)
}

/// [`map`] over a pool, in tasks that take `nanoseconds` each.
#[inline(always)]
pub fn map_in_tasks<const N: usize>(
    pool: &impl Parallel,
    nanoseconds: usize,
    x: [&[f32]; N],
    out: &mut [f32],
    f: impl Fn([Lane; N]) -> Lane + Sync,
) {
    for_each_chunk(pool, out, TASK, nanoseconds, |task, out| map(x.map(|x| &x[task * TASK..][..out.len()]), out, &f));
}

/// `out[i] = then(first(x[i]), x[i])` over a pool, as two loops over a cached piece: a processor looks 100 or 200 operations ahead, and where a result takes
/// forty that wait for each other, that is not far enough to keep it busy.
#[inline(always)]
pub fn map_in_two<const N: usize>(
    pool: &impl Parallel,
    nanoseconds: usize,
    x: [&[f32]; N],
    out: &mut [f32],
    first: impl Fn([Lane; N]) -> Lane + Sync,
    then: impl Fn(Lane, [Lane; N]) -> Lane + Sync,
) {
    for_each_chunk(pool, out, TASK, nanoseconds, |task, out| {
        for (i, out) in out.chunks_mut(STAGE).enumerate() {
            let x = x.map(|x| &x[task * TASK + i * STAGE..][..out.len()]);
            map(x, out, &first);
            update(out, x, &then);
        }
    });
}

/// [`update`] over a pool, in tasks that take `nanoseconds` each.
#[inline(always)]
pub fn update_in_tasks<const N: usize>(
    pool: &impl Parallel,
    nanoseconds: usize,
    to: &mut [f32],
    x: [&[f32]; N],
    f: impl Fn(Lane, [Lane; N]) -> Lane + Sync,
) {
    for_each_chunk(pool, to, TASK, nanoseconds, |task, to| update(to, x.map(|x| &x[task * TASK..][..to.len()]), &f));
}

/// `out[i] = f(x[i])`, for slices as long as `out`.
#[inline(always)]
pub fn map<const N: usize>(x: [&[f32]; N], out: &mut [f32], f: impl Fn([Lane; N]) -> Lane) {
    rewrite([out], x, |_, x| [f(x)]);
}

/// `to[i] = f(to[i], x[i])`, for slices as long as `to`.
#[inline(always)]
pub fn update<const N: usize>(to: &mut [f32], x: [&[f32]; N], f: impl Fn(Lane, [Lane; N]) -> Lane) {
    rewrite([to], x, |[to], x| [f(to, x)]);
}

/// `to[i] = f(to[i], x[i])` of several slices at once, all as long as the first of `to`.
#[inline(always)]
pub fn rewrite<const M: usize, const N: usize>(
    to: [&mut [f32]; M],
    x: [&[f32]; N],
    f: impl Fn([Lane; M], [Lane; N]) -> [Lane; M],
) {
    let len = to[0].len();
    let (count, filled) = (len / WIDTH, len % WIDTH);
    let (mut to, x) = (to.map(|to| &mut to[..len]), x.map(|x| &x[..len]));
    let mut fours = to.each_mut().map(|to| &mut to.as_chunks_mut::<WIDTH>().0[..count]);
    let whole = x.map(|x| &x.as_chunks::<WIDTH>().0[..count]);
    for i in 0..count {
        let new = f(fours.each_ref().map(|to| Lane::from_array(to[i])), whole.map(|x| Lane::from_array(x[i])));
        fours.iter_mut().zip(new).for_each(|(to, new)| to[i] = new.to_array());
    }
    if filled > 0 {
        let new = f(to.each_ref().map(|to| partial(to, filled)), x.map(|x| partial(x, filled)));
        to.into_iter().zip(new).for_each(|(to, new)| new.store_partial(&mut to[len - filled..]));
    }
}

/// A loop over whole lanes, behind a pointer; see [`whole`]. Not `dyn Fn`: the table behind that holds a second copy of each loop, for
/// calls by value.
pub trait Whole<const N: usize>: Sync {
    /// `out[i] = f(x[i])`, for slices as long as `out`.
    fn run(&self, x: [&[[f32; WIDTH]]; N], out: &mut [[f32; WIDTH]]);
}

/// The loop `out[i] = f(x[i])` and nothing besides: what a family of many functions has one of each of, while tasks and tails, in
/// [`map_whole`], are there once for all.
#[inline(always)]
pub fn whole<const N: usize>(f: impl Fn([Lane; N]) -> Lane + Sync) -> impl Whole<N> {
    Each(f)
}

struct Each<F>(F);

impl<const N: usize, F: Fn([Lane; N]) -> Lane + Sync> Whole<N> for Each<F> {
    fn run(&self, x: [&[[f32; WIDTH]]; N], out: &mut [[f32; WIDTH]]) {
        let x = x.map(|x| &x[..out.len()]);
        for i in 0..out.len() {
            out[i] = (self.0)(x.map(|x| Lane::from_array(x[i]))).to_array();
        }
    }
}

/// [`map`] with the loop given; the tail is one lane filled up with zeros.
#[inline(never)]
pub fn map_whole<const N: usize>(x: [&[f32]; N], out: &mut [f32], each: &dyn Whole<N>) {
    let (fours, tail) = out.as_chunks_mut::<WIDTH>();
    let count = fours.len();
    each.run(x.map(|x| &x.as_chunks::<WIDTH>().0[..count]), fours);
    if !tail.is_empty() {
        let last = x.map(|x| [Lane::load_partial(&x[count * WIDTH..][..tail.len()], 0.0).to_array()]);
        let mut four = [[0.0; WIDTH]];
        each.run(last.each_ref().map(|x| x.as_slice()), &mut four);
        tail.copy_from_slice(&four[0][..tail.len()]);
    }
}

/// `Σ f(x[i])`, for slices of one length.
#[inline(always)]
pub fn sum<const N: usize>(x: [&[f32]; N], f: impl Fn([Lane; N]) -> Lane) -> f32 {
    let [sum] = sums::<4, _, _>(x, |[sum], x| [sum + f(x)]);
    sum
}

/// Several sums over the same slices: `f` adds to each of them what `x` contributes. Each has `CHAINS` running sums (1, 2 or 4): as many as it takes for
/// the additions not to wait for each other, and as few as leave `f` its registers.
#[inline(always)]
pub fn sums<const CHAINS: usize, const N: usize, const M: usize>(
    x: [&[f32]; N],
    f: impl Fn([Lane; M], [Lane; N]) -> [Lane; M],
) -> [f32; M] {
    let len = x[0].len();
    let mut total = [Lane::zero(); M];
    for start in (0..len).step_by(CHAINS * BLOCK) {
        let block = x.map(|x| &x[start..len.min(start + CHAINS * BLOCK)]);
        total = add(total, sums_of_block::<CHAINS, _, _>(block, &f));
    }
    total.map(Lane::sum)
}

#[inline(always)]
fn sums_of_block<const CHAINS: usize, const N: usize, const M: usize>(
    x: [&[f32]; N],
    f: &impl Fn([Lane; M], [Lane; N]) -> [Lane; M],
) -> [Lane; M] {
    let mut running = [[Lane::zero(); M]; CHAINS];
    let (fours, rest) = (x.map(|x| x.as_chunks::<WIDTH>().0), x[0].len() % WIDTH);
    let count = x[0].len() / WIDTH;
    let fours = fours.map(|fours| &fours[..count]);
    let groups = fours.map(|fours| &fours.as_chunks::<CHAINS>().0[..count / CHAINS]);
    for i in 0..count / CHAINS {
        for (c, running) in running.iter_mut().enumerate() {
            *running = f(*running, groups.map(|groups| Lane::from_array(groups[i][c])));
        }
    }
    for (running, i) in running.iter_mut().zip(count - count % CHAINS..count) {
        *running = f(*running, fours.map(|fours| Lane::from_array(fours[i])));
    }
    if rest > 0 {
        let last = running[CHAINS - 1];
        let new = f(last, x.map(|x| partial(x, rest)));
        running[CHAINS - 1] = core::array::from_fn(|m| LaneMask::first(rest).select(new[m], last[m]));
    }
    running.into_iter().reduce(add).unwrap()
}

/// `out[i] = f(x[i])`, and the sum of what was written.
#[inline(always)]
pub fn map_and_sum(x: &[f32], out: &mut [f32], f: impl Fn(Lane) -> Lane) -> f32 {
    let mut total = Lane::zero();
    for (x, out) in x.chunks(2 * BLOCK).zip(out.chunks_mut(2 * BLOCK)) {
        total = total + map_and_sum_block(x, out, &f);
    }
    total.sum()
}

#[inline(always)]
fn map_and_sum_block(x: &[f32], out: &mut [f32], f: &impl Fn(Lane) -> Lane) -> Lane {
    let (mut even, mut odd) = (Lane::zero(), Lane::zero());
    let (pairs, rest) = out.as_chunks_mut::<{ 2 * WIDTH }>();
    let (x_pairs, x_rest) = x.as_chunks::<{ 2 * WIDTH }>();
    for (x, out) in x_pairs.iter().zip(pairs) {
        let (a, b) = (f(Lane::load(x)), f(Lane::load(&x[WIDTH..])));
        a.store(out);
        b.store(&mut out[WIDTH..]);
        (even, odd) = (even + a, odd + b);
    }
    for (x, out) in x_rest.chunks(WIDTH).zip(rest.chunks_mut(WIDTH)) {
        let new = f(Lane::load_partial(x, 0.0));
        new.store_partial(out);
        even = even + new.first_lanes(out.len());
    }
    even + odd
}

/// The largest element, −∞ of none; NaN is passed over.
#[inline(always)]
pub fn largest(x: &[f32]) -> f32 {
    let mut running = [Lane::splat(f32::NEG_INFINITY); 4];
    let (groups, rest) = x.as_chunks::<{ 4 * WIDTH }>();
    for group in groups {
        for (s, running) in running.iter_mut().enumerate() {
            *running = running.max(Lane::load(&group[s * WIDTH..]));
        }
    }
    for (running, four) in running.iter_mut().zip(rest.chunks(WIDTH)) {
        *running = running.max(Lane::load_partial(four, f32::NEG_INFINITY));
    }
    let [a, b, c, d] = running;
    a.max(b).max(c.max(d)).largest()
}

#[inline(always)]
fn add<const M: usize>(a: [Lane; M], b: [Lane; M]) -> [Lane; M] {
    core::array::from_fn(|i| a[i] + b[i])
}

/// The last lane of a row: `filled` elements, at most four, and 0 where there are none.
#[inline(always)]
fn partial(x: &[f32], filled: usize) -> Lane {
    if filled == WIDTH { Lane::load(x) } else { Lane::load_partial(&x[x.len() - filled..], 0.0) }
}

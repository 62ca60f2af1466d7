//! Loops over slices, four lanes at a time. The one to three elements that remain go through one partly filled lane, so that the whole
//! of a row meets the same arithmetic; what a function makes of the unfilled lanes is thrown away.
//!
//! One index runs over slices cut to one length beforehand, so that the loop has no bounds check. That is not about the check: where a
//! loop has a second way out, V8 does not move constants and row statistics in front of it, and LayerNorm took twice as long (measured
//! under Node 20, 2026-11: 10 GB/s and 20 GB/s).
//!
//! Sums have one order, given by the length alone: sixteen running sums over 1,024 elements (enough for the additions not to wait for
//! each other, short enough to be precise), then over the blocks of 1,024.

use crate::lanes::{Lane, WIDTH};
use crate::parallel::{Parallel, for_each_chunk};

/// Elements a task is given, if rows allow: 64 KiB, two of which fit the second-level cache of anything that runs wasm.
pub const TASK: usize = 16_384;

/// What a task takes, in nanoseconds, if memory is all it waits for; and if it computes something like `exp` of each element.
/// Measured under Node 20 on a shared Xeon core, 2026-11: 0.1 to 0.3 ns and 0.5 to 1.5 ns an element.
pub const COPY_TASK: usize = TASK * 3 / 10;
pub const EXP_TASK: usize = TASK;

/// Running sums kept side by side.
const SUMS: usize = 4;
/// Elements summed before the running sums start again from 0.
const BLOCK: usize = 1024;

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
    let x = x.map(|x| &x[..out.len()]);
    let count = out.len() / WIDTH;
    let (fours, tail) = out.as_chunks_mut::<WIDTH>();
    let (fours, whole) = (&mut fours[..count], x.map(|x| &x.as_chunks::<WIDTH>().0[..count]));
    for i in 0..count {
        fours[i] = f(whole.map(|x| Lane::from_array(x[i]))).to_array();
    }
    if !tail.is_empty() {
        f(x.map(|x| partial(x, tail.len()))).store_partial(tail);
    }
}

/// `to[i] = f(to[i], x[i])`, for slices as long as `to`.
#[inline(always)]
pub fn update<const N: usize>(to: &mut [f32], x: [&[f32]; N], f: impl Fn(Lane, [Lane; N]) -> Lane) {
    let x = x.map(|x| &x[..to.len()]);
    let count = to.len() / WIDTH;
    let (fours, tail) = to.as_chunks_mut::<WIDTH>();
    let (fours, whole) = (&mut fours[..count], x.map(|x| &x.as_chunks::<WIDTH>().0[..count]));
    for i in 0..count {
        fours[i] = f(Lane::from_array(fours[i]), whole.map(|x| Lane::from_array(x[i]))).to_array();
    }
    if !tail.is_empty() {
        f(Lane::load_partial(tail, 0.0), x.map(|x| partial(x, tail.len()))).store_partial(tail);
    }
}

/// A loop over whole lanes, behind a pointer; see [`whole`].
pub type Whole<'a, const N: usize> = dyn Fn([&[[f32; WIDTH]]; N], &mut [[f32; WIDTH]]) + Sync + 'a;

/// The loop `out[i] = f(x[i])` and nothing besides: what a family of many functions has one of each of, while tasks and tails, in
/// [`map_whole`], are there once for all.
#[inline(always)]
#[allow(clippy::type_complexity)]
pub fn whole<const N: usize>(f: impl Fn([Lane; N]) -> Lane + Sync) -> impl Fn([&[[f32; WIDTH]]; N], &mut [[f32; WIDTH]]) + Sync {
    move |x, out| {
        let x = x.map(|x| &x[..out.len()]);
        for i in 0..out.len() {
            out[i] = f(x.map(|x| Lane::from_array(x[i]))).to_array();
        }
    }
}

/// [`map`] with the loop given; the tail is one lane filled up with zeros.
#[inline(never)]
pub fn map_whole<const N: usize>(x: [&[f32]; N], out: &mut [f32], each: &Whole<N>) {
    let (fours, tail) = out.as_chunks_mut::<WIDTH>();
    let count = fours.len();
    each(x.map(|x| &x.as_chunks::<WIDTH>().0[..count]), fours);
    if !tail.is_empty() {
        let last = x.map(|x| [Lane::load_partial(&x[count * WIDTH..][..tail.len()], 0.0).to_array()]);
        let mut four = [[0.0; WIDTH]];
        each(last.each_ref().map(|x| x.as_slice()), &mut four);
        tail.copy_from_slice(&four[0][..tail.len()]);
    }
}

/// `Σ f(x[i])`, for slices of one length.
#[inline(always)]
pub fn sum<const N: usize>(x: [&[f32]; N], f: impl Fn([Lane; N]) -> Lane) -> f32 {
    let [sum] = sums(x, |x| [f(x)]);
    sum
}

/// Several sums over the same slices.
#[inline(always)]
pub fn sums<const N: usize, const M: usize>(x: [&[f32]; N], f: impl Fn([Lane; N]) -> [Lane; M]) -> [f32; M] {
    let len = x[0].len();
    let mut total = [Lane::zero(); M];
    for start in (0..len).step_by(BLOCK) {
        let block = x.map(|x| &x[start..len.min(start + BLOCK)]);
        total = add(total, sums_of_block(block, &f));
    }
    total.map(Lane::sum)
}

#[inline(always)]
fn sums_of_block<const N: usize, const M: usize>(x: [&[f32]; N], f: &impl Fn([Lane; N]) -> [Lane; M]) -> [Lane; M] {
    // Several sums at a time are enough work by themselves, and more chains would not fit the sixteen registers.
    let chains = if M == 1 { SUMS } else { SUMS / 2 };
    let len = x[0].len();
    let mut running = [[Lane::zero(); M]; SUMS];
    let groups = x.map(|x| &x.as_chunks::<{ SUMS * WIDTH }>().0[..len / (SUMS * WIDTH)]);
    for i in 0..len / (SUMS * WIDTH) {
        for s in 0..SUMS {
            let running = &mut running[s % chains];
            *running = add(*running, f(groups.map(|x| Lane::load(&x[i][s * WIDTH..]))));
        }
    }
    let rest = x.map(|x| &x[len - len % (SUMS * WIDTH)..]);
    for (running, start) in running.iter_mut().zip((0..rest[0].len()).step_by(WIDTH)) {
        let filled = rest[0].len() - start;
        let terms = f(rest.map(|x| partial(&x[start..], filled.min(WIDTH))));
        *running = add(*running, terms.map(|term| term.first_lanes(filled)));
    }
    let [a, b, c, d] = running;
    add(add(a, c), add(b, d))
}

/// `out[i] = f(x[i])`, and the sum of what was written.
#[inline(always)]
pub fn map_and_sum(x: &[f32], out: &mut [f32], f: impl Fn(Lane) -> Lane) -> f32 {
    let mut total = Lane::zero();
    for (x, out) in x.chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
        map([x], out, |[x]| f(x));
        total = total + sums_of_block([out], &|x| x)[0];
    }
    total.sum()
}

/// The largest element, −∞ of none; NaN is passed over.
#[inline(always)]
pub fn largest(x: &[f32]) -> f32 {
    let mut running = [Lane::splat(f32::NEG_INFINITY); SUMS];
    let (groups, rest) = x.as_chunks::<{ SUMS * WIDTH }>();
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

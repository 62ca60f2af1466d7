//! Forward: a task owns 256 queries of one head (128 where there are few heads) and walks the keys once, 64 at a time; within that, 64 queries at
//! a time, so that the scores and the packed keys and values stay in the cache and are packed once for four tiles.

use super::mask::Seen;
use super::tile::{self, STRIDE, Tiles};
use super::{Head, KEYS, Mask, QUERIES, QUERY_BLOCK, Scores, Shape};
use crate::gemm::tile::{Into, Left};
use crate::lanes::{Lane, WIDTH};
use crate::lanewise;
use crate::math::{self, Powers};
use crate::parallel::{Disjoint, Parallel};
use crate::rng::DropoutRow;
use core::ops::Range;

/// `out` is `[batch, queryLen, numHeads, valueHeadDim]`, `lse` `[batch, numHeads, queryLen]`; `scratch` has a [`Slot`] for each thread.
pub fn forward(
    shape: &Shape,
    mask: &Mask,
    scores: &Scores,
    query: &[f32],
    key: &[f32],
    value: &[f32],
    out: &mut [f32],
    lse: &mut [f32],
    scratch: &mut [f32],
    pool: &impl Parallel,
) {
    let (out, lse) = (Disjoint::new(out), Disjoint::new(lse));
    each_block(shape, scratch, 1, pool, |at, queries, scratch| {
        let tiles = Tiles { shape, mask, scores, at };
        let mut slot = Slot::new(shape, scratch);
        slot.take_queries(&tiles, query, &queries);
        attend(&tiles, key, value, &queries, &mut slot);
        finish(shape, at, &queries, &slot, &out, &lse);
    });
}

/// Calls `task(head, queries, scratch)` for each block of queries of each head.
#[allow(unsafe_code)]
pub(super) fn each_block(
    shape: &Shape,
    scratch: &mut [f32],
    products: usize,
    pool: &impl Parallel,
    task: impl Fn(Head, Range<usize>, &mut [f32]) + Sync,
) {
    let heads = shape.batch * shape.num_heads;
    let block = shape.query_block();
    let blocks = shape.query_len.div_ceil(block);
    let slot = scratch.len() / pool.threads();
    let scratch = Disjoint::new(scratch);
    let nanoseconds = shape.nanoseconds(block.min(shape.query_len), shape.key_len, products);
    pool.for_each(heads * blocks, nanoseconds, &|index, thread| {
        // The last block first: under a causal mask it has the most to do.
        let from = (blocks - 1 - index / heads) * block;
        let queries = from..(from + block).min(shape.query_len);
        // SAFETY: each thread has a slot of its own.
        task(shape.head(index % heads), queries, unsafe { scratch.part(thread * slot..(thread + 1) * slot) });
    });
}

/// A thread's scratch: `320 · headDim + 320 · valueHeadDim` (both in whole vectors) `+ 4,608` elements.
struct Slot<'a> {
    /// The block's queries, `[QUERY_BLOCK, headDim]`.
    queries: &'a mut [f32],
    /// A tile's keys as columns of panels: `[headDim, KEYS]`.
    packed_keys: &'a mut [f32],
    tile: &'a mut [f32],
    /// A tile's values as panels: `[KEYS, columns]`.
    values: &'a mut [f32],
    /// Unnormalised output: `[QUERY_BLOCK, columns]`.
    sums: &'a mut [f32],
    columns: usize,
    /// Per query: the largest score so far, and the sum of exponentials relative to it.
    largest: &'a mut [f32],
    total: &'a mut [f32],
}

impl<'a> Slot<'a> {
    fn new(shape: &Shape, scratch: &'a mut [f32]) -> Self {
        let columns = shape.value_head_dim.next_multiple_of(WIDTH);
        let (queries, rest) = scratch.split_at_mut(QUERY_BLOCK * shape.head_dim);
        let (packed_keys, rest) = rest.split_at_mut(KEYS * shape.head_dim);
        let (tile, rest) = rest.split_at_mut(QUERIES * STRIDE);
        let (values, rest) = rest.split_at_mut(KEYS * columns);
        let (sums, rest) = rest.split_at_mut(QUERY_BLOCK * columns);
        let (largest, rest) = rest.split_at_mut(QUERY_BLOCK);
        let total = &mut rest[..QUERY_BLOCK];
        Self { queries, packed_keys, tile, values, sums, columns, largest, total }
    }

    fn take_queries(&mut self, tiles: &Tiles, query: &[f32], queries: &Range<usize>) {
        tile::gather(&tiles.shape.query(query, tiles.at), queries, self.queries);
    }
}

/// Walks the keys for the queries of one block.
fn attend(tiles: &Tiles, key: &[f32], value: &[f32], queries: &Range<usize>, slot: &mut Slot) {
    let (key, value) = (tiles.shape.key(key, tiles.at), tiles.shape.value(value, tiles.at));
    let limit = tiles.key_limit();
    slot.sums.fill(0.0);
    slot.largest.fill(f32::NEG_INFINITY);
    slot.total.fill(0.0);
    for start in (0..limit).step_by(KEYS) {
        let keys = start..(start + KEYS).min(limit);
        let mut packed = false;
        for first in queries.clone().step_by(QUERIES) {
            let some = first..(first + QUERIES).min(queries.end);
            let seen = tiles.seen(&some, &keys);
            if seen == Seen::Nothing {
                continue;
            }
            if !packed {
                tile::pack_columns(&key, &keys, slot.packed_keys);
                tile::pack_rows(&value, &keys, slot.values);
                packed = true;
            }
            let row = first - queries.start;
            let head_dim = tiles.shape.head_dim;
            let rows = Left { data: &slot.queries[row * head_dim..], row_stride: head_dim, step_stride: 1 };
            tiles.scores(rows, &some, &keys, seen, slot.packed_keys, slot.tile, None);
            soften(tiles, &some, &keys, row, slot);
            let left = Left { data: slot.tile, row_stride: STRIDE, step_stride: 1 };
            let careful = seen == Seen::Some && !tile::is_finite(&value, &keys);
            tile::own(&mut slot.sums[row * slot.columns..], slot.columns, |to| {
                tile::product([some.len(), keys.len(), slot.columns], left, slot.values, careful, to, Into::Add);
            });
        }
    }
}

/// Turns a tile's scores into powers of two relative to the largest score of each query so far; `row` is the first query's place in
/// the block.
fn soften(tiles: &Tiles, queries: &Range<usize>, keys: &Range<usize>, row: usize, slot: &mut Slot) {
    let width = keys.len().next_multiple_of(WIDTH);
    let dropout = tiles.scores.dropout;
    let powers = Powers::held();
    for (r, query) in queries.clone().enumerate() {
        let scores = &mut slot.tile[r * STRIDE..][..width];
        let correction = soften_row(scores, &powers, &mut slot.largest[row + r], &mut slot.total[row + r]);
        if correction != 1.0 {
            tile::scale(&mut slot.sums[(row + r) * slot.columns..][..slot.columns], correction);
        }
        if dropout.is_active() {
            drop_row(scores, dropout.row(tiles.shape.score_row(tiles.at, query)), keys.start);
        }
    }
}

/// One query's step of the online softmax; gives the correction of what was summed before.
#[inline(always)]
fn soften_row(scores: &mut [f32], powers: &Powers, largest: &mut f32, total: &mut f32) -> f32 {
    let before = *largest;
    let mut now = row_largest(scores, before);
    if now == f32::NEG_INFINITY {
        if !scores.iter().any(|score| score.is_nan()) {
            scores.fill(0.0);
            return 1.0;
        }
        now = 0.0; // nothing but NaN and −∞: the NaN has to come through
    }
    let shift = Lane::splat(now);
    let mut sum = Lane::zero();
    for four in scores.as_chunks_mut::<WIDTH>().0 {
        let power = powers.of_e(Lane::from_array(*four) - shift);
        *four = power.to_array();
        sum = sum + power;
    }
    let correction = match before {
        f32::NEG_INFINITY => 0.0,
        _ if before == now => 1.0,
        _ => powers.of_e(Lane::splat(before - now)).first(),
    };
    *largest = now;
    *total = *total * correction + sum.sum();
    correction
}

/// The largest of `scores` and `before`; NaN is passed over.
#[inline(always)]
fn row_largest(scores: &[f32], before: f32) -> f32 {
    let (mut even, mut odd) = (Lane::splat(before), Lane::splat(before));
    let (pairs, rest) = scores.as_chunks::<{ 2 * WIDTH }>();
    for pair in pairs {
        even = even.max(Lane::load(pair));
        odd = odd.max(Lane::load(&pair[WIDTH..]));
    }
    if !rest.is_empty() {
        even = even.max(Lane::load(rest));
    }
    even.max(odd).largest()
}

fn drop_row(weights: &mut [f32], row: DropoutRow, from: usize) {
    for (v, four) in weights.chunks_exact_mut(WIDTH).enumerate() {
        row.kept(from + v * WIDTH).select(Lane::load(four) * row.scale(), Lane::zero()).store(four);
    }
}

/// Divides by the totals and writes `out` and `lse`.
#[allow(unsafe_code)]
fn finish(shape: &Shape, at: Head, queries: &Range<usize>, slot: &Slot, out: &Disjoint<f32>, lse: &Disjoint<f32>) {
    let rows = shape.out(&[], at);
    for (r, query) in queries.clone().enumerate() {
        let total = slot.total[r];
        let inverse = Lane::splat(if total == 0.0 { 0.0 } else { 1.0 / total });
        let start = rows.start + query * rows.stride;
        // SAFETY: this head's part of this query's row; no other task has it.
        let to = unsafe { out.part(start..start + rows.width) };
        lanewise::map([&slot.sums[r * slot.columns..][..rows.width]], to, |[sum]| sum * inverse);
    }
    let first = shape.score_row(at, queries.start);
    // SAFETY: as above.
    let lse = unsafe { lse.part(first..first + queries.len()) };
    // A query that sees nothing has −∞ + ln 0.
    lanewise::map([&slot.largest[..queries.len()], &slot.total[..queries.len()]], lse, |[largest, total]| largest + math::ln(total));
}

/// The weights themselves, `[batch, numHeads, queryLen, keyLen]`, before dropout, from the `lse` of [`forward`].
#[allow(unsafe_code)]
pub fn weights(
    shape: &Shape,
    mask: &Mask,
    scores: &Scores,
    query: &[f32],
    key: &[f32],
    lse: &[f32],
    weights: &mut [f32],
    scratch: &mut [f32],
    pool: &impl Parallel,
) {
    let weights = Disjoint::new(weights);
    each_block(shape, scratch, 1, pool, |at, queries, scratch| {
        let tiles = Tiles { shape, mask, scores, at };
        let mut slot = Slot::new(shape, scratch);
        slot.take_queries(&tiles, query, &queries);
        let first = shape.score_row(at, queries.start) * shape.key_len;
        // SAFETY: the rows of this task's queries.
        let rows = unsafe { weights.part(first..first + queries.len() * shape.key_len) };
        rows.fill(0.0);
        let limit = tiles.key_limit();
        for start in (0..limit).step_by(KEYS) {
            let keys = start..(start + KEYS).min(limit);
            tile::pack_columns(&shape.key(key, at), &keys, slot.packed_keys);
            for from in queries.clone().step_by(QUERIES) {
                let some = from..(from + QUERIES).min(queries.end);
                let seen = tiles.seen(&some, &keys);
                if seen == Seen::Nothing {
                    continue;
                }
                let row = (from - queries.start) * shape.head_dim;
                let rows_of = Left { data: &slot.queries[row..], row_stride: shape.head_dim, step_stride: 1 };
                tiles.scores(rows_of, &some, &keys, seen, slot.packed_keys, slot.tile, None);
                for (query, scores) in some.zip(slot.tile.chunks_exact_mut(STRIDE)) {
                    normalise_row(&mut scores[..keys.len().next_multiple_of(WIDTH)], lse[shape.score_row(at, query)]);
                    let to = &mut rows[(query - queries.start) * shape.key_len..][keys.clone()];
                    to.copy_from_slice(&scores[..keys.len()]);
                }
            }
        }
        rows.chunks_exact_mut(shape.key_len.max(1)).for_each(to_sum_1);
    });
}

/// Takes the rounding of `lse` out again: at scores around 300 it is 2e-5 of each weight.
fn to_sum_1(weights: &mut [f32]) {
    let total = weights.iter().fold(0.0, |sum, weight| sum + weight);
    if total != 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= total);
    }
}

/// `e^(score − lse)`: the weights; zeros for a query that sees nothing.
fn normalise_row(scores: &mut [f32], lse: f32) {
    if lse == f32::NEG_INFINITY {
        return scores.fill(0.0);
    }
    let (shift, powers) = (Lane::splat(lse), Powers::held());
    lanewise::update(scores, [], |score, []| powers.of_e(score - shift));
}

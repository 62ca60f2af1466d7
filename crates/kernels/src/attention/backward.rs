//! Backward: from `lse` each tile of weights is computed again, and five products turn it into its share of the gradients.
//!
//! ```text
//! per tile:  W = e^(scores − lse)            scores: Q Kᵀ again          1
//!            G = dOut Vᵀ                                                 2
//!            dV += dropout(W)ᵀ dOut                                      3
//!            S = W ∘ (dropout'(G) − δ) · softcap' · scale
//!            dK += Sᵀ Q                                                  4
//!            dQ += S K                                                   5
//! ```
//! Where there are enough key heads ([`WHOLE_HEADS_FROM`]), a task owns one, with the query heads that share it, and visits each tile once. With fewer, tasks
//! own parts of a head: first blocks of queries for dQ, then tiles of keys for dK and dV, so that two of the products are done twice. Which
//! it is depends on the shape alone, and every sum runs in one order, so that the bits do not depend on the threads.

use super::mask::Seen;
use super::tile::{self, STRIDE, Tiles};
use super::{BACKWARD_QUERIES, Head, HeadRows, KEYS, Mask, Scores, Shape, forward};
use crate::gemm::tile::{Into, Left, Target};
use crate::lanes::{Lane, WIDTH};
use crate::lanewise;
use crate::parallel::{Disjoint, Parallel, for_each_chunk};
use core::ops::Range;

/// From this many key heads on, over all items, each is a task.
const WHOLE_HEADS_FROM: usize = 4;

/// Where the gradients go: dQ, dK and dV into one buffer, each from its offset with its input's strides; dBias whole, if asked for.
pub struct Gradients<'a> {
    /// The buffer of all three.
    pub d_packed: &'a mut [f32],
    /// Where dQ starts in it.
    pub d_query_offset: usize,
    /// Where dK starts in it.
    pub d_key_offset: usize,
    /// Where dV starts in it.
    pub d_value_offset: usize,
    /// `[batch, numHeads, queryLen, keyLen]`
    pub d_bias: Option<&'a mut [f32]>,
}

/// What every task reads and where it writes.
struct Backward<'a> {
    shape: &'a Shape,
    mask: &'a Mask<'a>,
    scores: &'a Scores,
    query: &'a [f32],
    key: &'a [f32],
    value: &'a [f32],
    d_out: &'a [f32],
    lse: &'a [f32],
    delta: &'a [f32],
    d_weights: Option<&'a [f32]>,
    d_packed: Disjoint<'a, f32>,
    offsets: [usize; 3],
    d_bias: Option<Disjoint<'a, f32>>,
}

/// Which gradients a visit to a tile adds to.
#[derive(Clone, Copy, PartialEq)]
enum Visit {
    Both,
    Query,
    KeyValue,
}

/// Gradients of [`super::forward`]. `seen` are the whole weights and their gradient, where they were asked for and used; `delta` is
/// scratch, one number per query of each head.
pub fn backward(
    shape: &Shape,
    mask: &Mask,
    scores: &Scores,
    query: &[f32],
    key: &[f32],
    value: &[f32],
    out: &[f32],
    d_out: &[f32],
    lse: &[f32],
    seen: Option<(&[f32], &[f32])>,
    gradients: Gradients,
    delta: &mut [f32],
    scratch: &mut [f32],
    pool: &impl Parallel,
) {
    deltas(shape, out, d_out, seen, delta, pool);
    let Gradients { d_packed, d_query_offset, d_key_offset, d_value_offset, mut d_bias } = gradients;
    if let Some(d_bias) = d_bias.as_deref_mut() {
        d_bias.fill(0.0); // tiles that nobody sees are not visited
    }
    let task = Backward {
        shape,
        mask,
        scores,
        query,
        key,
        value,
        d_out,
        lse,
        delta,
        d_weights: seen.map(|(_, d_weights)| d_weights),
        d_packed: Disjoint::new(d_packed),
        offsets: [d_query_offset, d_key_offset, d_value_offset],
        d_bias: d_bias.map(Disjoint::new),
    };
    let kv_heads = shape.batch * shape.num_kv_heads;
    if kv_heads >= WHOLE_HEADS_FROM {
        task.whole_heads(kv_heads, scratch, pool);
    } else {
        task.blocks_of_queries(scratch, pool);
        task.tiles_of_keys(kv_heads, scratch, pool);
    }
}

/// `δ = dOut · out` of each row, plus `weights · dWeights` where the weights were used too.
fn deltas(shape: &Shape, out: &[f32], d_out: &[f32], seen: Option<(&[f32], &[f32])>, delta: &mut [f32], pool: &impl Parallel) {
    const ROWS: usize = 64;
    for_each_chunk(pool, delta, ROWS, ROWS * shape.value_head_dim / 4, |block, delta| {
        for (row, delta) in (block * ROWS..).zip(delta) {
            let (at, query) = (shape.head(row / shape.query_len), row % shape.query_len);
            *delta = dot_in_order(shape.out(out, at).row(query), shape.out(d_out, at).row(query));
            if let Some((weights, d_weights)) = seen {
                let range = row * shape.key_len..(row + 1) * shape.key_len;
                let pairs = weights[range.clone()].iter().zip(&d_weights[range]);
                *delta += pairs.map(|(&w, &d)| if w == 0.0 { 0.0 } else { w * d }).sum::<f32>();
            }
        }
    });
}

/// Summed as `G = dOut Vᵀ` is, one after the other: where a query sees one key, `out` is its value, δ is G to the last bit, and the gradient
/// exactly 0.
fn dot_in_order(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).fold(Lane::zero(), |sum, (&a, &b)| Lane::splat(a).madd(Lane::splat(b), sum)).first()
}

/// A thread's scratch: at most `320 · headDim + 256 · valueHeadDim` (both in whole vectors) `+ 12,288` elements.
struct Slot<'a> {
    /// Keys and values as columns of panels.
    packed_keys: &'a mut [f32],
    packed_values: &'a mut [f32],
    weights: &'a mut [f32],
    d_scores: &'a mut [f32],
    slopes: &'a mut [f32],
    d_key: &'a mut [f32],
    d_value: &'a mut [f32],
    /// The tile's keys, scaled, as panels.
    keys: &'a mut [f32],
    /// Its queries and dOut: as rows and as panels.
    queries: &'a mut [f32],
    query_panels: &'a mut [f32],
    d_outs: &'a mut [f32],
    d_out_panels: &'a mut [f32],
}

impl<'a> Slot<'a> {
    fn new(shape: &Shape, scratch: &'a mut [f32]) -> Self {
        let (columns, value_columns) = columns(shape);
        let tile = BACKWARD_QUERIES * STRIDE;
        let mut rest = scratch;
        let mut take = |len: usize| rest.split_off_mut(..len).expect("attention: scratch is as long as kernels.rs says");
        Self {
            packed_keys: take(KEYS * shape.head_dim),
            packed_values: take(KEYS * shape.value_head_dim),
            weights: take(tile),
            d_scores: take(tile),
            slopes: take(tile),
            d_key: take(KEYS * columns),
            d_value: take(KEYS * value_columns),
            keys: take(KEYS * columns),
            queries: take(BACKWARD_QUERIES * columns),
            query_panels: take(BACKWARD_QUERIES * columns),
            d_outs: take(BACKWARD_QUERIES * value_columns),
            d_out_panels: take(BACKWARD_QUERIES * value_columns),
        }
    }
}

/// Widths of a head's rows in whole vectors.
fn columns(shape: &Shape) -> (usize, usize) {
    (shape.head_dim.next_multiple_of(WIDTH), shape.value_head_dim.next_multiple_of(WIDTH))
}

impl Backward<'_> {
    fn tiles(&self, at: Head) -> Tiles<'_> {
        Tiles { shape: self.shape, mask: self.mask, scores: self.scores, at }
    }

    /// The query heads that read key head `index` of `batch · num_kv_heads`.
    fn group(&self, index: usize) -> impl Iterator<Item = Head> + use<'_> {
        let size = self.shape.num_heads / self.shape.num_kv_heads;
        (index * size..(index + 1) * size).map(|head| self.shape.head(head))
    }

    /// One pass: a task visits every tile of a key head once.
    #[allow(unsafe_code)]
    fn whole_heads(&self, kv_heads: usize, scratch: &mut [f32], pool: &impl Parallel) {
        let shape = self.shape;
        let group = shape.num_heads / shape.num_kv_heads;
        let slot = scratch.len() / pool.threads();
        let scratch = Disjoint::new(scratch);
        let nanoseconds = shape.nanoseconds(shape.query_len * group, shape.key_len, 2);
        pool.for_each(kv_heads, nanoseconds, &|index, thread| {
            // SAFETY: each thread has a slot of its own.
            let mut slot = Slot::new(shape, unsafe { scratch.part(thread * slot..(thread + 1) * slot) });
            self.group(index).for_each(|at| self.clear_queries(at, &(0..shape.query_len)));
            for start in (0..shape.key_len).step_by(KEYS) {
                self.visit_keys(index, start..(start + KEYS).min(shape.key_len), Visit::Both, &mut slot);
            }
        });
    }

    /// First pass of two: dQ (and dBias) by blocks of queries.
    fn blocks_of_queries(&self, scratch: &mut [f32], pool: &impl Parallel) {
        forward::each_block(self.shape, scratch, 2, pool, |at, queries, scratch| {
            let mut slot = Slot::new(self.shape, scratch);
            let tiles = self.tiles(at);
            self.clear_queries(at, &queries);
            for start in (0..tiles.key_limit()).step_by(KEYS) {
                let keys = start..(start + KEYS).min(tiles.key_limit());
                self.pack(at, &keys, &mut slot);
                for first in queries.clone().step_by(BACKWARD_QUERIES) {
                    let some = first..(first + BACKWARD_QUERIES).min(queries.end);
                    self.visit(&tiles, &some, &keys, Visit::Query, &mut slot);
                }
            }
        });
    }

    /// Second pass of two: dK and dV by tiles of keys.
    #[allow(unsafe_code)]
    fn tiles_of_keys(&self, kv_heads: usize, scratch: &mut [f32], pool: &impl Parallel) {
        let shape = self.shape;
        let group = shape.num_heads / shape.num_kv_heads;
        let slot = scratch.len() / pool.threads();
        let scratch = Disjoint::new(scratch);
        let nanoseconds = shape.nanoseconds(shape.query_len * group, KEYS.min(shape.key_len), 2);
        pool.for_each(kv_heads * shape.key_len.div_ceil(KEYS), nanoseconds, &|index, thread| {
            // SAFETY: each thread has a slot of its own.
            let mut slot = Slot::new(shape, unsafe { scratch.part(thread * slot..(thread + 1) * slot) });
            // The first keys first: under a causal mask they have the most to do.
            let start = index / kv_heads * KEYS;
            self.visit_keys(index % kv_heads, start..(start + KEYS).min(shape.key_len), Visit::KeyValue, &mut slot);
        });
    }

    /// All tiles of some keys of one key head; writes their rows of dK and dV.
    fn visit_keys(&self, kv_head: usize, keys: Range<usize>, visit: Visit, slot: &mut Slot) {
        slot.d_key.fill(0.0);
        slot.d_value.fill(0.0);
        let mut packed = false;
        for at in self.group(kv_head) {
            let tiles = self.tiles(at);
            let seen_keys = keys.start..keys.end.min(tiles.key_limit());
            if seen_keys.is_empty() {
                break; // past the item's length, for every head
            }
            if !packed {
                self.pack(at, &seen_keys, slot);
                packed = true;
            }
            for first in (0..self.shape.query_len).step_by(BACKWARD_QUERIES) {
                let queries = first..(first + BACKWARD_QUERIES).min(self.shape.query_len);
                self.visit(&tiles, &queries, &seen_keys, visit, slot);
            }
        }
        self.write_keys(kv_head, &keys, slot);
    }

    fn pack(&self, at: Head, keys: &Range<usize>, slot: &mut Slot) {
        tile::pack_columns(&self.shape.key(self.key, at), keys, slot.packed_keys);
        tile::pack_columns(&self.shape.value(self.value, at), keys, slot.packed_values);
        tile::pack_rows(&self.shape.key(self.key, at), keys, slot.keys);
        tile::scale(slot.keys, self.scores.scale);
    }

    /// One tile: recompute the weights, then add its share to the gradients.
    #[allow(unsafe_code)]
    fn visit(&self, tiles: &Tiles, queries: &Range<usize>, keys: &Range<usize>, visit: Visit, slot: &mut Slot) {
        let seen = tiles.seen(queries, keys);
        if seen == Seen::Nothing {
            return;
        }
        let (shape, at) = (self.shape, tiles.at);
        let (query, key, d_out) = (shape.query(self.query, at), shape.key(self.key, at), shape.out(self.d_out, at));
        tile::gather(&query, queries, slot.queries);
        tile::gather(&d_out, queries, slot.d_outs);
        self.weights_and_d_scores(tiles, queries, keys, seen, slot);
        let careful = |rows: &HeadRows, range: &Range<usize>| seen == Seen::Some && !tile::is_finite(rows, range);
        let (columns, value_columns) = columns(shape);
        if visit != Visit::Query {
            tile::pack_rows(&query, queries, slot.query_panels);
            tile::pack_rows(&d_out, queries, slot.d_out_panels);
            let transposed = |tile| Left { data: tile, row_stride: 1, step_stride: STRIDE };
            // dV += dropout(W)ᵀ dOut
            tile::own(slot.d_value, value_columns, |to| {
                let sizes = [keys.len(), queries.len(), value_columns];
                tile::product(sizes, transposed(slot.weights), slot.d_out_panels, careful(&d_out, queries), to, Into::Add);
            });
            // dK += Sᵀ Q
            tile::own(slot.d_key, columns, |to| {
                let sizes = [keys.len(), queries.len(), columns];
                tile::product(sizes, transposed(slot.d_scores), slot.query_panels, careful(&query, queries), to, Into::Add);
            });
        }
        if visit != Visit::KeyValue {
            // dQ += S K
            let left = Left { data: slot.d_scores, row_stride: STRIDE, step_stride: 1 };
            let start = self.offsets[0] + query.start + queries.start * query.stride;
            // SAFETY: this head's columns of these queries, which are this task's.
            let to = unsafe { Target::new(&self.d_packed, start, query.stride) };
            tile::product([queries.len(), keys.len(), shape.head_dim], left, slot.keys, careful(&key, keys), to, Into::Add);
        }
    }

    /// Fills `slot.weights` with the weights after dropout and `slot.d_scores` with the gradient of the products `Q Kᵀ`.
    fn weights_and_d_scores(&self, tiles: &Tiles, queries: &Range<usize>, keys: &Range<usize>, seen: Seen, slot: &mut Slot) {
        let shape = self.shape;
        let width = keys.len().next_multiple_of(WIDTH);
        let rows = Left { data: slot.queries, row_stride: shape.head_dim, step_stride: 1 };
        tiles.scores(rows, queries, keys, seen, slot.packed_keys, slot.weights, Some(slot.slopes));
        // G = dOut Vᵀ
        let left = Left { data: slot.d_outs, row_stride: shape.value_head_dim, step_stride: 1 };
        tile::own(slot.d_scores, STRIDE, |to| {
            tile::product([queries.len(), shape.value_head_dim, width], left, slot.packed_values, false, to, Into::Store);
        });
        for (r, query) in queries.clone().enumerate() {
            let part = r * STRIDE..r * STRIDE + width;
            self.d_scores_row(tiles, query, keys, &mut slot.weights[part.clone()], &mut slot.d_scores[part.clone()], &slot.slopes[part]);
        }
    }

    /// One row: `d_scores` holds G and receives S, but for the scale; `weights` holds scores and receives weights after dropout.
    #[allow(unsafe_code)]
    fn d_scores_row(&self, tiles: &Tiles, query: usize, keys: &Range<usize>, weights: &mut [f32], d_scores: &mut [f32], slopes: &[f32]) {
        let Scores { softcap, dropout, .. } = *self.scores;
        let row = self.shape.score_row(tiles.at, query);
        let stream = dropout.is_active().then(|| dropout.row(row));
        let whole = row * self.shape.key_len + keys.start..row * self.shape.key_len + keys.end;
        let d_weights = self.d_weights.map(|d_weights| &d_weights[whole.clone()]);
        let (lse, delta) = (self.lse[row], Lane::splat(self.delta[row]));
        if lse == f32::NEG_INFINITY {
            weights.fill(0.0);
            return d_scores.fill(0.0); // a query that sees nothing
        }
        let lse = Lane::splat(lse);
        let (zero, tiny) = (Lane::zero(), Lane::splat(f32::MIN_POSITIVE));
        for (v, (weight_four, d_four)) in weights.chunks_exact_mut(WIDTH).zip(d_scores.chunks_exact_mut(WIDTH)).enumerate() {
            let column = v * WIDTH;
            let weight = forward::power(Lane::load(weight_four) - lse);
            let mut gradient = Lane::load(d_four);
            if let Some(stream) = stream {
                let kept = stream.kept(keys.start + column);
                gradient = kept.select(gradient * stream.scale(), zero);
                kept.select(weight * stream.scale(), zero).store(weight_four);
            } else {
                weight.store(weight_four);
            }
            if let Some(d_weights) = d_weights {
                gradient = gradient + Lane::load_partial(&d_weights[column..], 0.0);
            }
            // Where the weight is 0 the cell may be masked, and then the gradient may be NaN.
            let mut d_score = weight.lt(tiny).select(zero, weight * (gradient - delta));
            if let Some(d_bias) = &self.d_bias {
                // SAFETY: this row of this tile, which one task visits.
                d_score.store_partial(unsafe { d_bias.part(whole.start + column..whole.end.min(whole.start + column + WIDTH)) });
            }
            if softcap > 0.0 {
                d_score = d_score * Lane::load(&slopes[column..]);
            }
            d_score.store(d_four);
        }
    }

    #[allow(unsafe_code)]
    fn clear_queries(&self, at: Head, queries: &Range<usize>) {
        let rows = self.shape.query(&[], at);
        for query in queries.clone() {
            let start = self.offsets[0] + rows.start + query * rows.stride;
            // SAFETY: this task's queries of this head.
            unsafe { self.d_packed.part(start..start + rows.width) }.fill(0.0);
        }
    }

    #[allow(unsafe_code)]
    fn write_keys(&self, kv_head: usize, keys: &Range<usize>, slot: &Slot) {
        let Some(at) = self.group(kv_head).next() else { return };
        let (columns, value_columns) = columns(self.shape);
        let rows = [
            (self.shape.key(&[], at), self.offsets[1], &slot.d_key[..], columns, self.scores.scale),
            (self.shape.value(&[], at), self.offsets[2], &slot.d_value[..], value_columns, 1.0),
        ];
        for (rows, offset, sums, columns, scale) in rows {
            let scale = Lane::splat(scale);
            for (key, sums) in keys.clone().zip(sums.chunks_exact(columns)) {
                let start = offset + rows.start + key * rows.stride;
                // SAFETY: this task's keys of this head.
                let to = unsafe { self.d_packed.part(start..start + rows.width) };
                lanewise::map([&sums[..rows.width]], to, |[sum]| sum * scale);
            }
        }
    }
}

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

mod visit;

use super::tile::Tiles;
use super::{BACKWARD_QUERIES, Head, KEYS, Mask, Scores, Shape, forward};
use crate::lanes::Lane;
use crate::lanewise;
use crate::parallel::{Disjoint, Parallel, for_each_chunk};
use core::ops::Range;
use visit::{Slot, Visit, columns};

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

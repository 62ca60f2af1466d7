//! A visit to one tile of queries × keys: the weights again, then its share of the gradients.

use super::Backward;
use crate::attention::mask::Seen;
use crate::attention::tile::{self, STRIDE, Tiles};
use crate::attention::{BACKWARD_QUERIES, Head, HeadRows, KEYS, Shape};
use crate::gemm::tile::{Into, Left, Target};
use crate::lanes::{Lane, WIDTH};
use crate::math::Powers;
use crate::rng::DropoutRow;
use core::ops::Range;

/// Which gradients a visit to a tile adds to.
#[derive(Clone, Copy, PartialEq)]
pub enum Visit {
    Both,
    Query,
    KeyValue,
}

/// A thread's scratch: at most `320 · headDim + 256 · valueHeadDim` (both in whole vectors) `+ 12,288` elements.
pub struct Slot<'a> {
    /// Keys and values as columns of panels.
    packed_keys: &'a mut [f32],
    packed_values: &'a mut [f32],
    weights: &'a mut [f32],
    d_scores: &'a mut [f32],
    slopes: &'a mut [f32],
    pub d_key: &'a mut [f32],
    pub d_value: &'a mut [f32],
    /// The tile's keys, scaled, as panels.
    keys: &'a mut [f32],
    /// Its queries and dOut: as rows and as panels.
    queries: &'a mut [f32],
    query_panels: &'a mut [f32],
    d_outs: &'a mut [f32],
    d_out_panels: &'a mut [f32],
}

impl<'a> Slot<'a> {
    pub fn new(shape: &Shape, scratch: &'a mut [f32]) -> Self {
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
pub fn columns(shape: &Shape) -> (usize, usize) {
    (shape.head_dim.next_multiple_of(WIDTH), shape.value_head_dim.next_multiple_of(WIDTH))
}

impl Backward<'_> {
    /// What all tiles of some keys share.
    pub fn pack(&self, at: Head, keys: &Range<usize>, slot: &mut Slot) {
        tile::pack_columns(&self.shape.key(self.key, at), keys, slot.packed_keys);
        tile::pack_columns(&self.shape.value(self.value, at), keys, slot.packed_values);
        tile::pack_rows(&self.shape.key(self.key, at), keys, slot.keys);
        tile::scale(slot.keys, self.scores.scale);
    }

    /// One tile: recompute the weights, then add its share to the gradients.
    #[allow(unsafe_code)]
    pub fn visit(&self, tiles: &Tiles, queries: &Range<usize>, keys: &Range<usize>, visit: Visit, slot: &mut Slot) {
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
        let powers = Powers::held();
        for (r, query) in queries.clone().enumerate() {
            let part = r * STRIDE..r * STRIDE + width;
            self.d_scores_row(tiles, query, keys, &powers, &mut slot.weights[part.clone()], &mut slot.d_scores[part.clone()], &slot.slopes[part]);
        }
    }

    /// One row: `d_scores` holds G and receives S, but for the scale; `weights` holds scores and receives weights after dropout.
    #[inline(always)]
    fn d_scores_row(
        &self,
        tiles: &Tiles,
        query: usize,
        keys: &Range<usize>,
        powers: &Powers,
        weights: &mut [f32],
        d_scores: &mut [f32],
        slopes: &[f32],
    ) {
        let row = self.shape.score_row(tiles.at, query);
        if self.lse[row] == f32::NEG_INFINITY {
            weights.fill(0.0);
            return d_scores.fill(0.0); // a query that sees nothing
        }
        let (lse, delta) = (Lane::splat(self.lse[row]), Lane::splat(self.delta[row]));
        let dropout = self.scores.dropout;
        let kept = dropout.is_active().then(|| dropout.row(row));
        // Where nothing else is asked, the loop asks nothing either.
        if self.d_weights.is_some() || self.d_bias.is_some() || self.scores.softcap > 0.0 {
            let whole = row * self.shape.key_len + keys.start..row * self.shape.key_len + keys.end;
            each_d_score(powers, lse, kept, keys.start, weights, d_scores, |column, weight, gradient| {
                self.d_score(weight, gradient, delta, &whole, column, slopes)
            });
        } else if kept.is_some() {
            each_d_score(powers, lse, kept, keys.start, weights, d_scores, |_, weight, gradient| {
                through_softmax(weight, gradient - delta)
            });
        } else {
            each_d_score(powers, lse, None, keys.start, weights, d_scores, |_, weight, gradient| {
                through_softmax(weight, gradient - delta)
            });
        }
    }

    /// Four of a row's, with all that a score may go through; `whole` is the row's part of `[batch, numHeads, queryLen, keyLen]`.
    #[allow(unsafe_code)]
    fn d_score(&self, weight: Lane, mut gradient: Lane, delta: Lane, whole: &Range<usize>, column: usize, slopes: &[f32]) -> Lane {
        if let Some(d_weights) = self.d_weights {
            gradient = gradient + Lane::load_partial(&d_weights[whole.start + column..whole.end], 0.0);
        }
        let d_score = through_softmax(weight, gradient - delta);
        if let Some(d_bias) = &self.d_bias {
            // SAFETY: this row of this tile, which one task visits.
            d_score.store_partial(unsafe { d_bias.part(whole.start + column..whole.end.min(whole.start + column + WIDTH)) });
        }
        if self.scores.softcap > 0.0 { d_score * Lane::load(&slopes[column..]) } else { d_score }
    }
}

/// Where the weight is 0 the cell may be masked, and then the gradient may be NaN.
#[inline(always)]
fn through_softmax(weight: Lane, gradient: Lane) -> Lane {
    weight.lt(Lane::splat(f32::MIN_POSITIVE)).select(Lane::zero(), weight * gradient)
}

/// Scores of a row to weights after dropout, and its gradients of those to what `d_score(column, weight, gradient)` makes of them.
#[inline(always)]
fn each_d_score(
    powers: &Powers,
    lse: Lane,
    kept: Option<DropoutRow>,
    first_key: usize,
    weights: &mut [f32],
    d_scores: &mut [f32],
    d_score: impl Fn(usize, Lane, Lane) -> Lane,
) {
    let fours = weights.as_chunks_mut::<WIDTH>().0.iter_mut().zip(d_scores.as_chunks_mut::<WIDTH>().0);
    for (v, (weight_four, d_four)) in fours.enumerate() {
        let weight = powers.of_e(Lane::from_array(*weight_four) - lse);
        let mut gradient = Lane::from_array(*d_four);
        let mut dropped = weight;
        if let Some(row) = kept {
            let kept = row.kept(first_key + v * WIDTH);
            gradient = kept.select(gradient * row.scale(), Lane::zero());
            dropped = kept.select(weight * row.scale(), Lane::zero());
        }
        *weight_four = dropped.to_array();
        *d_four = d_score(v * WIDTH, weight, gradient).to_array();
    }
}

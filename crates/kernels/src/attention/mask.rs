//! One description of who may attend to whom, asked per tile and per row.
//!
//! Causal, window, lengths and ranges leave each query an interval of keys; sinks stay seen where only the window hides them; `keep` takes single
//! keys out; `bias` and ALiBi's slopes add to the scores.
//! With causal offset 0 and window 1, five queries and five keys (rows are queries):
//!
//! ```text
//! causal      window 1      both        lengths 3
//! 1 0 0 0 0   1 1 0 0 0   1 0 0 0 0   1 1 1 0 0
//! 1 1 0 0 0   1 1 1 0 0   1 1 0 0 0   1 1 1 0 0
//! 1 1 1 0 0   0 1 1 1 0   0 1 1 0 0   1 1 1 0 0
//! 1 1 1 1 0   0 0 1 1 1   0 0 1 1 0   1 1 1 0 0
//! 1 1 1 1 1   0 0 0 1 1   0 0 0 1 1   1 1 1 0 0
//! ```

use super::{Head, Shape};
use crate::lanes::{Lane, LaneI32, WIDTH};
use core::ops::Range;

/// Everything that decides which scores count.
#[derive(Clone, Copy)]
pub struct Mask<'a> {
    /// Per item: keys from here on are not seen.
    pub key_lengths: Option<&'a [i32]>,
    /// 1 where a query may attend.
    pub keep: Option<Broadcast<'a, u8>>,
    /// Added to the scores.
    pub bias: Option<Broadcast<'a, f32>>,
    /// `Some(offset)`: query i sees keys up to i + offset. The offset also moves the window.
    pub causal: Option<i32>,
    /// `≥ 0`: how many keys back (and, if not causal, ahead) are seen.
    pub window: i32,
    /// How many keys, from the first that a query could see without the window, are seen in spite of it (Xiao et al. 2024).
    pub sinks: usize,
    /// The first key that each query sees and the one after its last: `[queryLen, 2]`, or that for each item.
    pub ranges: Option<&'a [i32]>,
    /// Taken off the scores, times the distance (Press, Smith and Lewis 2022).
    pub slopes: Option<Slopes<'a>>,
}

/// One slope for each query head; query i stands at key i + offset.
#[derive(Clone, Copy)]
pub struct Slopes<'a> {
    /// `[numHeads]`
    pub slopes: &'a [f32],
    /// Where the first query stands.
    pub offset: i32,
}

/// The keys that one query may see, before `keep`.
#[derive(Clone)]
struct Keys {
    sinks: Range<usize>,
    others: Range<usize>,
}

impl Keys {
    fn sees(&self, keys: &Range<usize>) -> bool {
        let meets = |seen: &Range<usize>| seen.start.max(keys.start) < seen.end.min(keys.end);
        meets(&self.others) || meets(&self.sinks)
    }

    fn sees_all(&self, keys: &Range<usize>) -> bool {
        let within = |seen: &Range<usize>| seen.start <= keys.start && keys.end <= seen.end;
        within(&self.others) || within(&self.sinks)
    }
}

/// `[batch, numHeads, queryLen, keyLen]`, where each of the first three may be 1 for all.
#[derive(Clone, Copy)]
pub struct Broadcast<'a, T> {
    data: &'a [T],
    dims: [usize; 3],
    key_len: usize,
}

impl<'a, T> Broadcast<'a, T> {
    /// `dims` are the first three; `None` stays `None`.
    pub fn new(data: Option<&'a [T]>, dims: [usize; 3], key_len: usize) -> Option<Self> {
        data.map(|data| Self { data, dims, key_len })
    }

    /// The keys of one query.
    pub(super) fn row(&self, at: Head, query: usize) -> &'a [T] {
        let index = |position: usize, axis: usize| if self.dims[axis] == 1 { 0 } else { position };
        let row = (index(at.item, 0) * self.dims[1] + index(at.head, 1)) * self.dims[2] + index(query, 2);
        &self.data[row * self.key_len..][..self.key_len]
    }
}

/// How much of a tile counts.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Seen {
    Nothing,
    Some,
    Everything,
}

impl Mask<'_> {
    /// The keys that query `query` may see, before `keep`.
    fn keys(&self, shape: &Shape, at: Head, query: usize) -> Keys {
        let (mut first, mut end) = (0, shape.key_len as i64);
        if let Some(lengths) = self.key_lengths {
            end = end.min(lengths[at.item] as i64);
        }
        if let Some(ranges) = self.ranges {
            let row = (at.item * shape.query_len + query) % (ranges.len() / 2);
            first = first.max(ranges[2 * row] as i64);
            end = end.min(ranges[2 * row + 1] as i64);
        }
        let here = query as i64 + self.causal.unwrap_or(0) as i64;
        if self.causal.is_some() {
            end = end.min(here + 1);
        }
        let mut start = first;
        if self.window >= 0 {
            start = start.max(here - self.window as i64);
            end = end.min(here + self.window as i64 + 1);
        }
        let within = |from: i64, to: i64| {
            let to = to.max(0) as usize;
            (from.max(0) as usize).min(to)..to
        };
        Keys { sinks: within(first, end.min(first + self.sinks as i64)), others: within(start, end) }
    }

    /// What of `keys` the queries of `queries` see.
    pub(super) fn seen(&self, shape: &Shape, at: Head, queries: Range<usize>, keys: Range<usize>) -> Seen {
        let (some, interval) = if self.ranges.is_some() || self.sinks > 0 {
            let each = || queries.clone().map(|query| self.keys(shape, at, query));
            (each().any(|seen| seen.sees(&keys)), each().all(|seen| seen.sees_all(&keys)))
        } else {
            // Intervals move with the query: the first and the last bound all of them.
            let (first, last) = (self.keys(shape, at, queries.start).others, self.keys(shape, at, queries.end - 1).others);
            let some = first.start < keys.end && last.end > keys.start && first.start < last.end;
            (some, last.start <= keys.start && first.end >= keys.end)
        };
        if !some {
            return Seen::Nothing;
        }
        let Some(keep) = self.keep else {
            // A bias may hold −∞, which masks.
            return if interval && self.bias.is_none() { Seen::Everything } else { Seen::Some };
        };
        let mut all = interval && self.bias.is_none();
        let mut any = false;
        for query in queries {
            let row = &keep.row(at, query)[keys.clone()];
            let kept = row.iter().fold(0, |sum, &keep| sum + (keep != 0) as usize);
            any |= kept > 0;
            all &= kept == row.len();
        }
        match (any, all) {
            (false, _) => Seen::Nothing,
            (true, true) => Seen::Everything,
            (true, false) => Seen::Some,
        }
    }

    /// Adds the bias to one row of a tile's scores (those of `keys`) and puts −∞ where the query may not attend.
    pub(super) fn apply(&self, shape: &Shape, at: Head, query: usize, keys: Range<usize>, scores: &mut [f32]) {
        let count = keys.len();
        if let Some(bias) = self.bias {
            let bias = &bias.row(at, query)[keys.clone()];
            scores.iter_mut().zip(bias).for_each(|(score, &bias)| *score += bias);
        }
        if let Some(keep) = self.keep {
            let keep = &keep.row(at, query)[keys.clone()];
            for (score, &keep) in scores.iter_mut().zip(keep) {
                *score = if keep != 0 { *score } else { f32::NEG_INFINITY };
            }
        }
        let seen = self.keys(shape, at, query);
        let within = |key: usize| key.clamp(keys.start, keys.end) - keys.start;
        let (sinks, others) = (seen.sinks, seen.others);
        let hidden_from = within(sinks.end).max(within(sinks.start));
        scores[..within(sinks.start.min(others.start)).min(count)].fill(f32::NEG_INFINITY);
        if hidden_from < within(others.start) {
            scores[hidden_from..within(others.start)].fill(f32::NEG_INFINITY);
        }
        scores[within(others.end).max(within(others.start)).min(count)..].fill(f32::NEG_INFINITY);
    }

    /// Takes slope · distance off one row of a tile's scores.
    pub(super) fn slope(&self, at: Head, query: usize, keys: &Range<usize>, scores: &mut [f32]) {
        let Some(Slopes { slopes, offset }) = self.slopes else { return };
        let slope = Lane::splat(slopes[at.head]);
        let here = query as i32 + offset;
        for (four, from) in scores.as_chunks_mut::<WIDTH>().0.iter_mut().zip((keys.start as i32..).step_by(WIDTH)) {
            // Whole numbers below 2²⁴, so float32 holds them exactly.
            let distance = LaneI32::from_array([0, 1, 2, 3]).wrapping_add(LaneI32::splat(from - here)).to_float().abs();
            *four = (Lane::from_array(*four) - slope * distance).to_array();
        }
    }
}

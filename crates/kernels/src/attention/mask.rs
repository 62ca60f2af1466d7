//! One description of who may attend to whom, asked per tile and per row.
//!
//! Causal, window and lengths leave each query an interval of keys; `keep` takes single keys out of it; `bias` adds to the scores.
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
    /// The interval of keys that query `query` may see, before `keep`.
    pub(super) fn keys(&self, shape: &Shape, at: Head, query: usize) -> Range<usize> {
        let mut end = shape.key_len as i64;
        if let Some(lengths) = self.key_lengths {
            end = end.min(lengths[at.item] as i64);
        }
        let here = query as i64 + self.causal.unwrap_or(0) as i64;
        let mut start = 0;
        if self.causal.is_some() {
            end = end.min(here + 1);
        }
        if self.window >= 0 {
            start = (here - self.window as i64).max(0);
            end = end.min(here + self.window as i64 + 1);
        }
        let end = end.max(0) as usize;
        (start as usize).min(end)..end
    }

    /// What of `keys` the queries of `queries` see.
    pub(super) fn seen(&self, shape: &Shape, at: Head, queries: Range<usize>, keys: Range<usize>) -> Seen {
        // Intervals move with the query: the first and the last bound all of them.
        let (first, last) = (self.keys(shape, at, queries.start), self.keys(shape, at, queries.end - 1));
        if first.start >= keys.end || last.end <= keys.start || first.start >= last.end {
            return Seen::Nothing;
        }
        let interval = last.start <= keys.start && first.end >= keys.end;
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
        let start = seen.start.clamp(keys.start, keys.end) - keys.start;
        let end = seen.end.clamp(keys.start, keys.end) - keys.start;
        scores[..start.min(count)].fill(f32::NEG_INFINITY);
        scores[end.max(start)..].fill(f32::NEG_INFINITY);
    }
}

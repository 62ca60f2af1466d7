//! Fused scaled dot-product attention, forward and backward, without ever storing the scores.
//!
//! ```text
//! scores  = scale · Q Kᵀ                  [queryLen, keyLen], a tile at a time, in L1
//! scores  = softcap · tanh(scores / softcap)            if softcap > 0
//! scores  = scores − slope · distance + bias; −∞ where masked
//! weights = softmax of each row
//! out     = dropout(weights) V
//! ```
//! Forward keeps, per query row, the largest score so far, the sum of exponentials and the unnormalised output, and corrects them
//! as larger scores turn up (Milakov and Gimelshein 2018; Dao et al. 2022). It saves `lse = max + ln(sum)` per row and nothing else:
//! backward computes the scores again and has the weights as `e^(score − lse)`. Extra memory is a few tiles per thread.
//!
//! Backward, from `dOut`, with `δᵢ = dOutᵢ · outᵢ` (which is `Σⱼ weightsᵢⱼ dWeightsᵢⱼ`):
//!
//! ```text
//! dV       = dropout(weights)ᵀ dOut
//! dWeights = dropout'(dOut Vᵀ)
//! dScores  = weights ∘ (dWeights − δ)     then through softcap and scale
//! dQ       = dScores K;   dK = dScoresᵀ Q
//! ```
//!
//! Rules at the edges, which every path keeps:
//! - a query that may attend to nothing has `out` 0, `lse` −∞, and adds 0 to every gradient;
//! - what is masked is never read into a sum: a NaN in a masked key or value, or in a query that sees nothing, changes no bit elsewhere;
//! - tiles that are wholly masked are never computed.
//!
//! Layout: `query` is `[batch, queryLen, numHeads, headDim]` with `query_stride` from token to token, so that query, key and value can be
//! parts of one packed projection; heads are contiguous within a token. Query head `h` reads key head `h / (numHeads / numKvHeads)`.

mod backward;
mod forward;
mod mask;
mod tile;

pub use backward::{Gradients, backward};
pub use forward::{forward, weights};
pub use mask::{Broadcast, Mask, Slopes};

use crate::rng::Dropout;

/// The most queries of a task. Keys and values are packed once for all of them: 256 are 1 to 3 % faster than 128 (L 512, Node 24, November 2026).
const QUERY_BLOCK: usize = 256;
/// Tasks from which no more are asked for: enough for four threads to end together. Below that a task takes half as many queries.
const TASKS: usize = 16;
/// Queries of a tile of scores.
const QUERIES: usize = 64;
/// Queries of a tile in backward, where three of the five products sum over them.
const BACKWARD_QUERIES: usize = 64;
/// Keys of a tile of scores.
const KEYS: usize = 64;

/// Sizes and strides, in elements.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Items.
    pub batch: usize,
    /// Queries of an item.
    pub query_len: usize,
    /// Keys of an item.
    pub key_len: usize,
    /// Query heads.
    pub num_heads: usize,
    /// Key and value heads; divides `num_heads`.
    pub num_kv_heads: usize,
    /// Width of a head of query and key.
    pub head_dim: usize,
    /// Width of a head of value and out.
    pub value_head_dim: usize,
    /// From a query token to the next.
    pub query_stride: usize,
    /// From a key token to the next.
    pub key_stride: usize,
    /// From a value token to the next.
    pub value_stride: usize,
}

/// What happens to scores besides the mask.
#[derive(Clone, Copy)]
pub struct Scores {
    /// Multiplies the products.
    pub scale: f32,
    /// 0: none.
    pub softcap: f32,
    /// Of the weights.
    pub dropout: Dropout,
}

/// One head of one item.
#[derive(Clone, Copy)]
struct Head {
    item: usize,
    head: usize,
    kv_head: usize,
}

/// Rows of one head: row `i` is `data[start + i · stride ..][.. width]`.
#[derive(Clone, Copy)]
struct HeadRows<'a> {
    data: &'a [f32],
    start: usize,
    stride: usize,
    width: usize,
}

impl<'a> HeadRows<'a> {
    fn from(&self, row: usize) -> &'a [f32] {
        &self.data[self.start + row * self.stride..]
    }

    fn row(&self, row: usize) -> &'a [f32] {
        &self.from(row)[..self.width]
    }
}

impl Shape {
    /// Head number `index` of `batch · num_heads`.
    fn head(&self, index: usize) -> Head {
        let (item, head) = (index / self.num_heads, index % self.num_heads);
        Head { item, head, kv_head: head / (self.num_heads / self.num_kv_heads) }
    }

    fn query_start(&self, at: Head) -> usize {
        at.item * self.query_len * self.query_stride + at.head * self.head_dim
    }

    fn key_start(&self, at: Head) -> usize {
        at.item * self.key_len * self.key_stride + at.kv_head * self.head_dim
    }

    fn value_start(&self, at: Head) -> usize {
        at.item * self.key_len * self.value_stride + at.kv_head * self.value_head_dim
    }

    fn query<'a>(&self, data: &'a [f32], at: Head) -> HeadRows<'a> {
        HeadRows { data, start: self.query_start(at), stride: self.query_stride, width: self.head_dim }
    }

    fn key<'a>(&self, data: &'a [f32], at: Head) -> HeadRows<'a> {
        HeadRows { data, start: self.key_start(at), stride: self.key_stride, width: self.head_dim }
    }

    fn value<'a>(&self, data: &'a [f32], at: Head) -> HeadRows<'a> {
        HeadRows { data, start: self.value_start(at), stride: self.value_stride, width: self.value_head_dim }
    }

    /// `out` and `dOut`: `[batch, queryLen, numHeads, valueHeadDim]`, packed.
    fn out<'a>(&self, data: &'a [f32], at: Head) -> HeadRows<'a> {
        let stride = self.num_heads * self.value_head_dim;
        let start = at.item * self.query_len * stride + at.head * self.value_head_dim;
        HeadRows { data, start, stride, width: self.value_head_dim }
    }

    /// Row number among `[batch, num_heads, query_len]`: of `lse`, of dropout's streams, of whole weights.
    fn score_row(&self, at: Head, query: usize) -> usize {
        (at.item * self.num_heads + at.head) * self.query_len + query
    }

    /// Queries of a task, by the shape alone.
    fn query_block(&self) -> usize {
        let tasks = self.batch * self.num_heads * self.query_len.div_ceil(QUERY_BLOCK);
        if tasks < TASKS { QUERY_BLOCK / 2 } else { QUERY_BLOCK }
    }

    /// About how long `queries` × `keys` scores of `products` products take, at 40 operations a nanosecond.
    fn nanoseconds(&self, queries: usize, keys: usize, products: usize) -> usize {
        queries * keys * (self.head_dim + self.value_head_dim + 16) * products / 40
    }
}

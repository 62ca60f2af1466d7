//! Every kernel, declared once.
//!
//! From each entry come the wasm export (`declare.rs`) and, through `scripts/kernels.mjs`, the TypeScript type and the
//! length-checked call in `ts/runtime/kernels.gen.ts`. The kinds of argument:
//!
//! | kind | in Rust | in TypeScript |
//! | --- | --- | --- |
//! | `read`, `read_i32`, `read_u8` | `&[T]` | a buffer of exactly that length |
//! | `maybe`, `maybe_i32`, `maybe_u8` | `Option<&[T]>` | the same, or left out |
//! | `write`, `write_i32`, `write_u8`, `maybe_write` | `&mut [T]` (every element is set), or an `Option` of it | a buffer nobody else is passed |
//! | `update`, `maybe_update` | `&mut [f32]`, changed in place, or an `Option` of it | the same |
//! | `scratch` | `&mut [f32]` with anything in it | not an argument: the runtime lends it |
//! | `threads` | `usize`, how many threads the pool may use | not an argument either |
//! | `dim`, `flag` | `usize`; a flag is 0 or 1 | `number`, `boolean` |
//! | `int`, `scalar` | `i32`, `f32` | `number` |
//!
//! Lengths are expressions over dims and flags with `+`, `-`, `*`, parentheses, `div_ceil(a, b)` and `round_up(a, b)`.

use crate::declare::{div_ceil, kernels, round_up};
use crate::pool::POOL;
use fovea_kernels::attention::{self, Broadcast, Mask, Scores, Shape, Slopes};
use fovea_kernels::fold::Middle;
use fovea_kernels::gather::Sizes;
use fovea_kernels::rng::Dropout;
use fovea_kernels::unfold::Axis;
use fovea_kernels::{
    broadcast, cross_entropy, ctc, cumsum, descend, dropout, elementwise, elementwise_loss, embedding, fold, gather,
    gelu, gemm, layer_norm, pooling, recurrent, reduce, relu, rms_norm, rotary, softmax, strided, top_k, unary,
    unfold,
};

kernels! {
    /// `out = activation(op(a) · op(b) + bias)`, where `op` transposes if its flag is set. `a` is `[aBatch, m, k]` (or
    /// `[aBatch, k, m]`), `b` `[bBatch, k, n]` (or `[bBatch, n, k]`); `aBatch` and `bBatch` are 1 or `batch`. `activation`: 0 none,
    /// 1 ReLU, 2 GELU (erf), 3 GELU (tanh). `pre` receives what went into the activation.
    matmul(
        a: read [a_batch * m * k], b: read [b_batch * k * n], bias: maybe [n],
        out: write [batch * m * n], pre: maybe_write [batch * m * n],
        packed: scratch [k * round_up(n, 4) + transpose_a * k * m],
        batch: dim, a_batch: dim, b_batch: dim, m: dim, n: dim, k: dim, transpose_a: flag, transpose_b: flag, activation: int,
    ) {
        let product = gemm::Product {
            batch, a_batch, b_batch, m, n, k, transpose_a: transpose_a != 0, transpose_b: transpose_b != 0,
        };
        gemm::matmul(product, a, b, gemm::Epilogue::new(bias, activation), out, pre, packed, &POOL)
    }

    /// Scaled dot-product attention. `query` `[batch, queryLen, numHeads, headDim]`, `key` and `value` `[batch, keyLen, numKvHeads, …]`,
    /// successive tokens `…Stride` apart, so that all three may be slices of one packed projection. Saves `lse`, the log-sum-exp of
    /// each row of scores (−∞ where a query may attend to nothing: its `out` is 0). `keep` is 1 where a query may attend, `bias` is
    /// added to the scores; each of their leading dims is 1 or full. `causal`: key j is seen by query i if j ≤ i + causalOffset.
    /// `window` ≥ 0: with `causal`, and if i + causalOffset − j ≤ window; without, if |i − j| ≤ window. `ranges`: and if j is from the first to
    /// below the second of its query's two; `rangesBatch` is 1 or `batch`. `sinks`: so many keys, from the first that a query would see without
    /// the window, are seen in spite of it. `slopes`: slope · |i + slopeOffset − j| is taken off the scores. `softcap` 0: none.
    attention_forward(
        query: read [(batch * query_len - 1) * query_stride + num_heads * head_dim],
        key: read [(batch * key_len - 1) * key_stride + num_kv_heads * head_dim],
        value: read [(batch * key_len - 1) * value_stride + num_kv_heads * value_head_dim],
        key_lengths: maybe_i32 [batch],
        keep: maybe_u8 [keep_batch * keep_heads * keep_queries * key_len],
        bias: maybe [bias_batch * bias_heads * bias_queries * key_len],
        ranges: maybe_i32 [ranges_batch * query_len * 2],
        slopes: maybe [num_heads],
        out: write [batch * query_len * num_heads * value_head_dim],
        lse: write [batch * num_heads * query_len],
        scratch: scratch [threads * (320 * round_up(head_dim, 4) + 320 * round_up(value_head_dim, 4) + 4608)],
        batch: dim, query_len: dim, key_len: dim, num_heads: dim, num_kv_heads: dim, head_dim: dim, value_head_dim: dim,
        query_stride: dim, key_stride: dim, value_stride: dim,
        keep_batch: dim, keep_heads: dim, keep_queries: dim, bias_batch: dim, bias_heads: dim, bias_queries: dim,
        ranges_batch: dim, sinks: dim, slope_offset: int,
        causal: flag, causal_offset: int, window: int, scale: scalar, softcap: scalar, dropout: scalar, dropout_key: int,
        threads: threads,
    ) {
        let shape = Shape {
            batch, query_len, key_len, num_heads, num_kv_heads, head_dim, value_head_dim, query_stride, key_stride, value_stride,
        };
        let mask = Mask {
            key_lengths,
            keep: Broadcast::new(keep, [keep_batch, keep_heads, keep_queries], key_len),
            bias: Broadcast::new(bias, [bias_batch, bias_heads, bias_queries], key_len),
            causal: (causal != 0).then_some(causal_offset),
            window,
            sinks,
            ranges,
            slopes: slopes.map(|slopes| Slopes { slopes, offset: slope_offset }),
        };
        let scores = Scores { scale, softcap, dropout: Dropout::new(dropout, dropout_key) };
        attention::forward(&shape, &mask, &scores, query, key, value, out, lse, scratch, &POOL)
    }

    /// The weights that `attention_forward` used, before dropout, from its `lse`. `[batch, numHeads, queryLen, keyLen]`: only for
    /// those who ask to see them.
    attention_weights(
        query: read [(batch * query_len - 1) * query_stride + num_heads * head_dim],
        key: read [(batch * key_len - 1) * key_stride + num_kv_heads * head_dim],
        key_lengths: maybe_i32 [batch],
        keep: maybe_u8 [keep_batch * keep_heads * keep_queries * key_len],
        bias: maybe [bias_batch * bias_heads * bias_queries * key_len],
        ranges: maybe_i32 [ranges_batch * query_len * 2],
        slopes: maybe [num_heads],
        lse: read [batch * num_heads * query_len],
        weights: write [batch * num_heads * query_len * key_len],
        scratch: scratch [threads * (320 * round_up(head_dim, 4) + 320 * round_up(value_head_dim, 4) + 4608)],
        batch: dim, query_len: dim, key_len: dim, num_heads: dim, num_kv_heads: dim, head_dim: dim, value_head_dim: dim,
        query_stride: dim, key_stride: dim, value_stride: dim,
        keep_batch: dim, keep_heads: dim, keep_queries: dim, bias_batch: dim, bias_heads: dim, bias_queries: dim,
        ranges_batch: dim, sinks: dim, slope_offset: int,
        causal: flag, causal_offset: int, window: int, scale: scalar, softcap: scalar, dropout: scalar, dropout_key: int,
        threads: threads,
    ) {
        let shape = Shape {
            batch, query_len, key_len, num_heads, num_kv_heads, head_dim, value_head_dim, query_stride, key_stride, value_stride,
        };
        let mask = Mask {
            key_lengths,
            keep: Broadcast::new(keep, [keep_batch, keep_heads, keep_queries], key_len),
            bias: Broadcast::new(bias, [bias_batch, bias_heads, bias_queries], key_len),
            causal: (causal != 0).then_some(causal_offset),
            window,
            sinks,
            ranges,
            slopes: slopes.map(|slopes| Slopes { slopes, offset: slope_offset }),
        };
        let scores = Scores { scale, softcap, dropout: Dropout::new(dropout, dropout_key) };
        attention::weights(&shape, &mask, &scores, query, key, lse, weights, scratch, &POOL)
    }

    /// Gradients of attention. Those of query, key and value share the buffer `dPacked`, each starting at its offset, with the strides
    /// of the inputs. `dWeights` comes with `weights`, where those were asked for and used. `dBias` receives the gradient of the
    /// scores, whole.
    attention_backward(
        query: read [(batch * query_len - 1) * query_stride + num_heads * head_dim],
        key: read [(batch * key_len - 1) * key_stride + num_kv_heads * head_dim],
        value: read [(batch * key_len - 1) * value_stride + num_kv_heads * value_head_dim],
        key_lengths: maybe_i32 [batch],
        keep: maybe_u8 [keep_batch * keep_heads * keep_queries * key_len],
        bias: maybe [bias_batch * bias_heads * bias_queries * key_len],
        ranges: maybe_i32 [ranges_batch * query_len * 2],
        slopes: maybe [num_heads],
        out: read [batch * query_len * num_heads * value_head_dim],
        d_out: read [batch * query_len * num_heads * value_head_dim],
        lse: read [batch * num_heads * query_len],
        weights: maybe [batch * num_heads * query_len * key_len],
        d_weights: maybe [batch * num_heads * query_len * key_len],
        d_packed: write [d_packed_len],
        d_bias: maybe_write [batch * num_heads * query_len * key_len],
        delta: scratch [batch * num_heads * query_len],
        scratch: scratch [threads * (320 * round_up(head_dim, 4) + 256 * round_up(value_head_dim, 4) + 12288)],
        d_packed_len: dim, d_query_offset: dim, d_key_offset: dim, d_value_offset: dim,
        batch: dim, query_len: dim, key_len: dim, num_heads: dim, num_kv_heads: dim, head_dim: dim, value_head_dim: dim,
        query_stride: dim, key_stride: dim, value_stride: dim,
        keep_batch: dim, keep_heads: dim, keep_queries: dim, bias_batch: dim, bias_heads: dim, bias_queries: dim,
        ranges_batch: dim, sinks: dim, slope_offset: int,
        causal: flag, causal_offset: int, window: int, scale: scalar, softcap: scalar, dropout: scalar, dropout_key: int,
        threads: threads,
    ) {
        let shape = Shape {
            batch, query_len, key_len, num_heads, num_kv_heads, head_dim, value_head_dim, query_stride, key_stride, value_stride,
        };
        let mask = Mask {
            key_lengths,
            keep: Broadcast::new(keep, [keep_batch, keep_heads, keep_queries], key_len),
            bias: Broadcast::new(bias, [bias_batch, bias_heads, bias_queries], key_len),
            causal: (causal != 0).then_some(causal_offset),
            window,
            sinks,
            ranges,
            slopes: slopes.map(|slopes| Slopes { slopes, offset: slope_offset }),
        };
        let scores = Scores { scale, softcap, dropout: Dropout::new(dropout, dropout_key) };
        let gradients = attention::Gradients { d_packed, d_query_offset, d_key_offset, d_value_offset, d_bias };
        let seen = weights.zip(d_weights);
        attention::backward(&shape, &mask, &scores, query, key, value, out, d_out, lse, seen, gradients, delta, scratch, &POOL)
    }

    /// Softmax over the middle of `[outer, len, inner]`.
    softmax_forward(x: read [outer * len * inner], out: write [outer * len * inner], outer: dim, len: dim, inner: dim) {
        softmax::forward(x, out, outer, len, inner, &POOL)
    }
    softmax_backward(
        out: read [outer * len * inner], d_out: read [outer * len * inner], d_x: write [outer * len * inner],
        outer: dim, len: dim, inner: dim,
    ) {
        softmax::backward(out, d_out, d_x, outer, len, inner, &POOL)
    }

    /// Rows of `x` to zero mean and unit variance, scaled by `weight`, shifted by `bias` (Ba, Kiros and Hinton 2016).
    layer_norm_forward(
        x: read [rows * cols], weight: maybe [cols], bias: maybe [cols],
        out: write [rows * cols], mean: write [rows], rstd: write [rows],
        rows: dim, cols: dim, eps: scalar,
    ) {
        layer_norm::forward(x, weight, bias, out, mean, rstd, cols, eps, &POOL)
    }
    layer_norm_backward(
        d_out: read [rows * cols], x: read [rows * cols], weight: maybe [cols], mean: read [rows], rstd: read [rows],
        d_x: write [rows * cols], d_weight: maybe_write [cols], d_bias: maybe_write [cols],
        partials: scratch [2 * cols * div_ceil(rows, 64)],
        rows: dim, cols: dim,
    ) {
        layer_norm::backward(d_out, x, weight, mean, rstd, d_x, d_weight, d_bias, partials, cols, &POOL)
    }

    /// Rows of `x` to a root mean square of 1, scaled by `weight` (Zhang and Sennrich 2019).
    rms_norm_forward(
        x: read [rows * cols], weight: maybe [cols], out: write [rows * cols], rstd: write [rows], rows: dim, cols: dim, eps: scalar,
    ) {
        rms_norm::forward(x, weight, out, rstd, cols, eps, &POOL)
    }
    rms_norm_backward(
        d_out: read [rows * cols], x: read [rows * cols], weight: maybe [cols], rstd: read [rows],
        d_x: write [rows * cols], d_weight: maybe_write [cols], partials: scratch [cols * div_ceil(rows, 64)],
        rows: dim, cols: dim,
    ) {
        rms_norm::backward(d_out, x, weight, rstd, d_x, d_weight, partials, cols, &POOL)
    }

    /// `max(x, 0)`.
    relu_forward(x: read [n], out: write [n], n: dim) { relu::forward(x, out, &POOL) }
    relu_backward(x: read [n], d_out: read [n], d_x: write [n], n: dim) { relu::backward(x, d_out, d_x, &POOL) }

    /// `x · Φ(x)` (Hendrycks and Gimpel 2016), by erf or, with `tanh`, by the tanh approximation.
    gelu_forward(x: read [n], out: write [n], n: dim, tanh: flag) { gelu::forward(x, out, tanh != 0, &POOL) }
    gelu_backward(x: read [n], d_out: read [n], d_x: write [n], n: dim, tanh: flag) {
        gelu::backward(x, d_out, d_x, tanh != 0, &POOL)
    }

    /// A function of each element, by its number in the table of `crates/kernels/src/unary.rs`; `a` and `b` are its parameters.
    unary_forward(x: read [n], out: write [n], n: dim, op: int, a: scalar, b: scalar) {
        unary::forward(op, [a, b], x, out, &POOL)
    }
    /// `saved` is `x` or `out`, whichever that table tells the gradient from.
    unary_backward(saved: read [n], d_out: read [n], d_x: write [n], n: dim, op: int, a: scalar, b: scalar) {
        unary::backward(op, [a, b], saved, d_out, d_x, &POOL)
    }

    /// Zeroes each element with probability `p`, by the counter-based generator, and scales the rest by `1 / (1 − p)`. Its own backward.
    dropout(x: read [n], out: write [n], n: dim, p: scalar, key: int) { dropout::forward(x, out, p, key, &POOL) }

    /// Rows of `weight` by `ids`; an id outside the vocabulary is the caller's error.
    embedding_forward(ids: read_i32 [count], weight: read [vocab * cols], out: write [count * cols], count: dim, vocab: dim, cols: dim) {
        embedding::forward(ids, weight, out, cols, &POOL)
    }
    /// Sums rows of `dOut` by id, in the order of `ids`; row `paddingIdx` stays 0 (−1: none).
    embedding_backward(
        ids: read_i32 [count], d_out: read [count * cols], d_weight: write [vocab * cols],
        count: dim, vocab: dim, cols: dim, padding_idx: int,
    ) {
        embedding::backward(ids, d_out, d_weight, cols, padding_idx, &POOL)
    }

    /// Turns the pairs of channels of each head of `x` `[batch, length, numHeads, headDim]` by the angles whose `cos` and `sin` are
    /// given, `[tableBatch, length, pairs]`, `tableBatch` 1 or `batch` (Su et al. 2021). Pair p is channels p and p + pairs or, with
    /// `interleaved`, 2p and 2p + 1; channels from 2 · pairs on are copied. `inverse` turns back: the gradient.
    rotate(
        x: read [batch * length * num_heads * head_dim], cos: read [table_batch * length * pairs], sin: read [table_batch * length * pairs],
        out: write [batch * length * num_heads * head_dim],
        batch: dim, length: dim, num_heads: dim, head_dim: dim, table_batch: dim, pairs: dim, interleaved: flag, inverse: flag,
    ) {
        let turn = rotary::Turn { interleaved: interleaved != 0, inverse: inverse != 0 };
        rotary::rotate(x, cos, sin, out, num_heads, head_dim, pairs, turn, &POOL)
    }

    /// Cross-entropy of each row of `logits` (PyTorch's formula for class weights and label smoothing); 0 where the label is
    /// `ignoreIndex`. `lse` is the log-sum-exp of each row.
    cross_entropy_forward(
        logits: read [rows * cols], labels: read_i32 [rows], class_weights: maybe [cols],
        losses: write [rows], lse: write [rows],
        rows: dim, cols: dim, ignore_index: int, smoothing: scalar,
    ) {
        cross_entropy::forward(logits, labels, class_weights, losses, lse, cols, ignore_index, smoothing, &POOL)
    }
    /// `dLosses` holds one gradient per row.
    cross_entropy_backward(
        logits: read [rows * cols], labels: read_i32 [rows], class_weights: maybe [cols], lse: read [rows], d_losses: read [rows],
        d_logits: write [rows * cols],
        rows: dim, cols: dim, ignore_index: int, smoothing: scalar,
    ) {
        cross_entropy::backward(logits, labels, class_weights, lse, d_losses, d_logits, cols, ignore_index, smoothing, &POOL)
    }

    /// Losses of pairs of elements, and the sums of 4,096 at a time. `kind`: 0 bent (Huber, smooth L1, squared; by `beta` and `scale`),
    /// 1 absolute, 2 KL, 3 KL of a log target, 4 binary cross-entropy of logits (`positive` weighs the target), 5 of probabilities.
    /// `weights` and `positive` repeat as often as they go into `x`.
    elementwise_loss_forward(
        x: read [n], target: read [n], positive: maybe [positive_len], weights: maybe [weights_len],
        losses: maybe_write [n], partials: maybe_write [div_ceil(n, 4096)],
        n: dim, positive_len: dim, weights_len: dim, kind: int, beta: scalar, scale: scalar,
    ) {
        let loss = elementwise_loss::Loss { kind, beta, scale, positive, weights };
        elementwise_loss::forward(x, target, losses, partials, &loss, &POOL)
    }
    /// `d` is the gradient of `x`, or with `ofTarget` of the target. The gradient of each loss is in `dLosses`; without, it is `dLoss`.
    elementwise_loss_backward(
        x: read [n], target: read [n], positive: maybe [positive_len], weights: maybe [weights_len], d_losses: maybe [n],
        d: write [n],
        n: dim, positive_len: dim, weights_len: dim, kind: int, beta: scalar, scale: scalar, d_loss: scalar, of_target: flag,
    ) {
        let loss = elementwise_loss::Loss { kind, beta, scale, positive, weights };
        elementwise_loss::backward(x, target, d_losses, d_loss, d, of_target != 0, &loss, &POOL)
    }

    /// Connectionist temporal classification (Graves et al. 2006): −ln of the probability of each item's target over all alignments; ∞
    /// where there is none. `alphas` is for backward.
    ctc_forward(
        log_probs: read [batch * frames * classes], targets: read_i32 [batch * target_len],
        input_lengths: read_i32 [batch], target_lengths: read_i32 [batch],
        losses: write [batch], alphas: write [batch * frames * (2 * target_len + 3)],
        scratch: scratch [batch * 3 * (2 * target_len + 3)],
        batch: dim, frames: dim, classes: dim, target_len: dim, blank: int,
    ) {
        let shape = ctc::Shape { frames, classes, target_len, blank };
        ctc::forward(shape, ctc::Batch { log_probs, targets, input_lengths, target_lengths }, losses, alphas, scratch, &POOL)
    }
    ctc_backward(
        log_probs: read [batch * frames * classes], targets: read_i32 [batch * target_len],
        input_lengths: read_i32 [batch], target_lengths: read_i32 [batch],
        alphas: read [batch * frames * (2 * target_len + 3)], d_losses: read [batch],
        d_log_probs: write [batch * frames * classes],
        scratch: scratch [batch * 6 * (2 * target_len + 3)],
        batch: dim, frames: dim, classes: dim, target_len: dim, blank: int,
    ) {
        let shape = ctc::Shape { frames, classes, target_len, blank };
        let items = ctc::Batch { log_probs, targets, input_lengths, target_lengths };
        ctc::backward(shape, items, alphas, d_losses, d_log_probs, scratch, &POOL)
    }

    /// `out = f(x, y)`, f by its number in `crates/kernels/src/broadcast.rs`. `axes` are `[size, step of x, step of y]`, the outermost
    /// first, a step of 0 repeating the operand and those of the last axis 0 or 1. Without axes `x` and `y` have `n` elements or one.
    binary(
        x: read [x_len], y: read [y_len], axes: maybe_i32 [3 * rank], out: write [n],
        x_len: dim, y_len: dim, rank: dim, n: dim, op: int,
    ) {
        broadcast::binary(op, x, y, axes.unwrap_or(&[]), out, &POOL)
    }
    /// `out = f(x, y, z)`, likewise.
    ternary(
        x: read [x_len], y: read [y_len], z: read [z_len], axes: maybe_i32 [4 * rank], out: write [n],
        x_len: dim, y_len: dim, z_len: dim, rank: dim, n: dim, op: int,
    ) {
        broadcast::ternary(op, [x, y, z], axes.unwrap_or(&[]), out, &POOL)
    }
    /// `out = condition ? a : b`, likewise.
    select(
        condition: read_u8 [condition_len], a: read [a_len], b: read [b_len], axes: maybe_i32 [4 * rank], out: write [n],
        condition_len: dim, a_len: dim, b_len: dim, rank: dim, n: dim,
    ) {
        broadcast::select(condition, a, b, axes.unwrap_or(&[]), out, &POOL)
    }
    /// `out = x ? y`, the comparison by its number, likewise.
    compare(
        x: read [x_len], y: read [y_len], axes: maybe_i32 [3 * rank], out: write_u8 [n],
        x_len: dim, y_len: dim, rank: dim, n: dim, op: int,
    ) {
        broadcast::compare(op, x, y, axes.unwrap_or(&[]), out, &POOL)
    }
    /// The same for int32.
    compare_int32(
        x: read_i32 [x_len], y: read_i32 [y_len], axes: maybe_i32 [3 * rank], out: write_u8 [n],
        x_len: dim, y_len: dim, rank: dim, n: dim, op: int,
    ) {
        broadcast::compare(op, x, y, axes.unwrap_or(&[]), out, &POOL)
    }
    /// `out = factor · x`.
    scale(x: read [n], out: write [n], n: dim, factor: scalar) { elementwise::scale(x, out, factor, &POOL) }
    /// `out = factor[0] · x`, the factor still in memory.
    scale_by(x: read [n], factor: read [1], out: write [n], n: dim) { elementwise::scale(x, out, factor[0], &POOL) }
    /// `x = factor · x`.
    scale_in_place(x: update [n], n: dim, factor: scalar) { elementwise::scale_in_place(x, factor, &POOL) }
    /// `sum = sum + x`: how the tape adds.
    accumulate(x: read [n], sum: update [n], n: dim) { elementwise::accumulate(x, sum, &POOL) }
    fill(out: write [n], n: dim, value: scalar) { elementwise::fill(out, value, &POOL) }
    copy(x: read [n], out: write [n], n: dim) { elementwise::copy(x, out, &POOL) }
    /// Copies between two arrangements of the same axes. `axes` are `[size, stride of x, stride of out]`, at most 8, in the order of the
    /// strides of `out`, the largest first. What lies between the elements of `out` stays as it was.
    copy_strided(
        x: read [x_len], axes: maybe_i32 [3 * rank], out: update [out_len],
        x_len: dim, out_len: dim, rank: dim, x_offset: dim, out_offset: dim,
    ) {
        strided::copy(x, out, axes.unwrap_or(&[]), [x_offset, out_offset], &POOL)
    }

    /// Folds the middle of `[outer, len, inner]`: sums, extremes, …, by their number in `crates/kernels/src/fold.rs`. `shift` is the
    /// number that some of them subtract from each element.
    fold(
        x: read [outer * len * inner], shift: maybe [outer * inner], out: write [outer * inner],
        partials: scratch [outer * div_ceil(len, 64) * inner],
        outer: dim, len: dim, inner: dim, op: int,
    ) {
        fold::fold(op, Middle { x, len, inner }, shift, out, partials, &POOL)
    }
    /// Where along `len` each of the extremes `best` was first found, or the first NaN; −1 where neither is.
    find(
        x: read [outer * len * inner], best: read [outer * inner], out: write_i32 [outer * inner],
        outer: dim, len: dim, inner: dim,
    ) {
        fold::find(Middle { x, len, inner }, best, out, &POOL)
    }
    /// The `k` largest of each row, the largest first, and where they were; with `smallest` the smallest.
    top_k(
        x: read [rows * len], values: write [rows * k], indices: write_i32 [rows * k],
        rows: dim, len: dim, k: dim, smallest: flag,
    ) {
        top_k::top_k(x, values, indices, [len, k], smallest != 0, &POOL)
    }
    /// Running sums along the middle of `[outer, len, inner]`; with `backwards` from its end.
    cumsum(
        x: read [outer * len * inner], out: write [outer * len * inner],
        outer: dim, len: dim, inner: dim, backwards: flag,
    ) {
        cumsum::cumsum(x, out, [len, inner], backwards != 0, &POOL)
    }
    /// `out[o, c, i] = x[o, index[o, c, i], i]`; with `shared` an index is `[count]`, for all `o` and `i`. An index outside of `len` is
    /// the caller's error.
    gather(
        x: read [outer * len * inner], index: read_i32 [shared * count + (1 - shared) * outer * count * inner],
        out: write [outer * count * inner],
        outer: dim, len: dim, count: dim, inner: dim, shared: flag,
    ) {
        gather::gather(x, index, out, Sizes { len, count, inner, shared: shared != 0 }, &POOL)
    }
    /// `out[o, index[o, c, i], i] += x[o, c, i]`, in the order of `c`.
    scatter_add(
        x: read [outer * count * inner], index: read_i32 [shared * count + (1 - shared) * outer * count * inner],
        out: update [outer * len * inner],
        outer: dim, len: dim, count: dim, inner: dim, shared: flag,
    ) {
        gather::scatter_add(index, x, out, Sizes { len, count, inner, shared: shared != 0 }, &POOL)
    }

    /// Column sums: `out[c] = Σ_r x[r, c]`.
    sum_rows(x: read [rows * cols], out: write [cols], partials: scratch [cols * div_ceil(rows, 64)], rows: dim, cols: dim) {
        reduce::sum_rows(x, out, partials, &POOL)
    }
    /// Sums of `x` in blocks of 4,096; the caller adds the few that remain.
    sum(x: read [n], partials: write [div_ceil(n, 4096)], n: dim) { reduce::sum(x, partials, &POOL) }
    /// Sums of squares, likewise.
    sum_squares(x: read [n], partials: write [div_ceil(n, 4096)], n: dim) { reduce::sum_squares(x, partials, &POOL) }

    /// The windows of a convolution over `planes` `[planes, height, width]` as columns `[planes, kernelHeight, kernelWidth, outHeight,
    /// outWidth]`; what is read outside of a plane is 0.
    unfold_forward(
        x: read [planes * height * width],
        out: write [planes * kernel_height * kernel_width * out_height * out_width],
        planes: dim, height: dim, width: dim, kernel_height: dim, kernel_width: dim, out_height: dim, out_width: dim,
        stride_y: dim, stride_x: dim, padding_y: dim, padding_x: dim, dilation_y: dim, dilation_x: dim,
    ) {
        let rows = Axis {
            len: height, kernel: kernel_height, out: out_height, stride: stride_y, padding: padding_y, dilation: dilation_y,
        };
        let columns = Axis {
            len: width, kernel: kernel_width, out: out_width, stride: stride_x, padding: padding_x, dilation: dilation_x,
        };
        unfold::forward(x, out, rows, columns, &POOL)
    }
    /// Sums the gradients of columns where their elements came from.
    unfold_backward(
        d_out: read [planes * kernel_height * kernel_width * out_height * out_width],
        d_x: write [planes * height * width],
        planes: dim, height: dim, width: dim, kernel_height: dim, kernel_width: dim, out_height: dim, out_width: dim,
        stride_y: dim, stride_x: dim, padding_y: dim, padding_x: dim, dilation_y: dim, dilation_x: dim,
    ) {
        let rows = Axis {
            len: height, kernel: kernel_height, out: out_height, stride: stride_y, padding: padding_y, dilation: dilation_y,
        };
        let columns = Axis {
            len: width, kernel: kernel_width, out: out_width, stride: stride_x, padding: padding_x, dilation: dilation_x,
        };
        unfold::backward(d_out, d_x, rows, columns, &POOL)
    }

    /// All steps of one direction of a recurrent layer. Rows are the steps of item after item, `lengths[item]` each, `rows` in all. `cell`: 0 tanh,
    /// 1 ReLU (`numGates` 1), 2 LSTM (4: i, f, g, o), 3 GRU (3: r, z, n). `gates` comes as `x · W_ihᵀ + b_ih` and goes as the activated
    /// gates; `out` is the state after each row. `cells`, for backward: of an LSTM the cell after each row, of a GRU `W_hn h + b_hn`.
    recurrent_forward(
        gates: update [rows * num_gates * hidden], weight: read [num_gates * hidden * hidden], bias: maybe [num_gates * hidden],
        h0: maybe [batch * hidden], c0: maybe [batch * hidden], lengths: read_i32 [batch],
        out: write [rows * hidden], cells: maybe_write [rows * hidden],
        hn: write [batch * hidden], cn: maybe_write [batch * hidden],
        packed: scratch [hidden * round_up(num_gates * hidden, 4)],
        scratch: scratch [threads * 16 * hidden * (num_gates + 2)],
        cell: int, reverse: flag, batch: dim, rows: dim, hidden: dim, num_gates: dim, threads: threads,
    ) {
        let cell = recurrent::Cell::new(cell);
        assert!(cell.gates() == num_gates);
        let layer = recurrent::Layer { cell, hidden, lengths, reverse: reverse != 0, weight, h0, c0 };
        recurrent::forward(&layer, bias, recurrent::Outputs { gates, out, cells, hn, cn }, packed, scratch, &POOL)
    }
    /// Its gradients, from what it saved and those of `out`, `hn` and `cn`. `dGates` is that of `x · W_ihᵀ + b_ih`, `dProducts` (of a GRU, of the
    /// others it is the same) that of `h · W_hhᵀ + b_hh`, and `before` the state `h` that each row started from.
    recurrent_backward(
        gates: read [rows * num_gates * hidden], weight: read [num_gates * hidden * hidden],
        h0: maybe [batch * hidden], c0: maybe [batch * hidden], lengths: read_i32 [batch],
        out: read [rows * hidden], cells: maybe [rows * hidden],
        d_out: maybe [rows * hidden], d_hn: maybe [batch * hidden], d_cn: maybe [batch * hidden],
        d_gates: write [rows * num_gates * hidden], d_products: maybe_write [rows * num_gates * hidden],
        before: maybe_write [rows * hidden], d_h0: maybe_write [batch * hidden], d_c0: maybe_write [batch * hidden],
        packed: scratch [num_gates * hidden * round_up(hidden, 4)],
        scratch: scratch [threads * (16 * hidden * (num_gates + 2) + hidden)],
        cell: int, reverse: flag, batch: dim, rows: dim, hidden: dim, num_gates: dim, threads: threads,
    ) {
        let cell = recurrent::Cell::new(cell);
        assert!(cell.gates() == num_gates);
        let layer = recurrent::Layer { cell, hidden, lengths, reverse: reverse != 0, weight, h0, c0 };
        let inputs = recurrent::Inputs { gates, out, cells, d_out, d_hn, d_cn };
        let gradients = recurrent::Gradients { d_gates, d_products, before, d_h0, d_c0 };
        recurrent::backward(&layer, &inputs, gradients, packed, scratch, &POOL)
    }

    /// Mean over the middle of `[batch, len, cols]`, of those positions that are below the item's length and whose `keep` is 1;
    /// 0 where there is none.
    mean_pool_forward(
        x: read [batch * len * cols], lengths: maybe_i32 [batch], keep: maybe_u8 [batch * len], out: write [batch * cols],
        batch: dim, len: dim, cols: dim,
    ) {
        pooling::mean_forward(x, lengths, keep, out, len, cols, &POOL)
    }
    mean_pool_backward(
        d_out: read [batch * cols], lengths: maybe_i32 [batch], keep: maybe_u8 [batch * len], d_x: write [batch * len * cols],
        batch: dim, len: dim, cols: dim,
    ) {
        pooling::mean_backward(d_out, lengths, keep, d_x, len, cols, &POOL)
    }

    /// One pass of an optimizer, for all of them: what `crates/kernels/src/descend.rs` writes down. SGD has no moments or `m`, Adagrad `v`, Adam both,
    /// AMSGrad the `peak` of `v` too; a `signed` step needs an `m` without a `v`.
    descend(
        param: update [n], grad: read [n], m: maybe_update [n], v: maybe_update [n], peak: maybe_update [n], n: dim,
        sign: scalar, l2: scalar, from_m: scalar, from_grad: scalar, keep_m: scalar, gain_m: scalar, keep_v: scalar, gain_v: scalar,
        center: scalar, scale_v: scalar, eps: scalar, rate: scalar, decay: scalar, signed: flag,
    ) {
        let signed = signed != 0;
        let step = descend::Step {
            sign, l2, from_m, from_grad, keep_m, gain_m, keep_v, gain_v, center, scale_v, eps, rate, decay, signed,
        };
        descend::step(param, grad, descend::Moments { m, v, peak }, &step, &POOL)
    }
}

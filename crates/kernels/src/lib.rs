//! The mathematics of Fovea: kernels over slices, forward and backward, written once over four float32 lanes.
//!
//! No allocation, no dependencies, no wasm, no state. Buffers are row-major with the last axis contiguous; kernels write their outputs,
//! they never add to what was there. Every kernel takes the pool it may spread over ([`parallel`]).
//!
//! | module | formula | source |
//! | --- | --- | --- |
//! | [`lanes`] | four float32: portable, simd128, relaxed | |
//! | [`parallel`] | tasks over disjoint parts | |
//! | [`math`] | exp, powers, tanh, ln over lanes | Cody and Waite 1980 |
//! | [`sine`], [`power`] | sin, cos; xᵃ | Payne and Hanek 1983; Dekker 1971 |
//! | `lanewise` | loops over slices, lanes and tails; sums in one order | |
//! | [`rng`] | counter-based random bits, dropout factors | |
//! | [`gemm`] | `out = activation(op(a) · op(b) + bias)` | Goto and van de Geijn 2008; BLIS |
//! | [`attention`] | `softmax(scale · Q Kᵀ + mask) V` | Dao et al. 2022 (FlashAttention) |
//! | [`recurrent`] | LSTM, GRU, tanh and ReLU layers over time | Hochreiter and Schmidhuber 1997; Cho et al. 2014 |
//! | [`softmax`] | `e^(xᵢ − max) / Σ` | |
//! | [`layer_norm`] | `(x − mean) · rstd · weight + bias` | Ba, Kiros and Hinton 2016 |
//! | [`rms_norm`] | `x · rstd · weight` | Zhang and Sennrich 2019 |
//! | [`gelu`], [`relu`] | `x · Φ(x)`; `max(x, 0)` | Hendrycks and Gimpel 2016 |
//! | [`unary`] | sigmoid, tanh, silu, exp, log, sqrt, … | |
//! | [`dropout`] | `x · keep / (1 − p)` | Srivastava et al. 2014 |
//! | [`embedding`] | rows by id | |
//! | [`rotary`] | pairs of channels turned by their token's angle | Su et al. 2021 |
//! | [`cross_entropy`] | `lse(logits) − logits[label]`, smoothed, weighted | |
//! | [`ctc`] | −ln of all alignments' probability | Graves et al. 2006 |
//! | [`elementwise_loss`] | squared and absolute errors, Huber, KL, binary cross-entropy | |
//! | [`pooling`] | mean over the positions a mask keeps | |
//! | [`unfold`] | the windows of a convolution as columns | |
//! | [`broadcast`] | arithmetic, comparison, selection over shapes that repeat | |
//! | [`strided`] | permute, slice, flip, repeat, pad, concatenate | |
//! | [`fold`] | sum, maximum, minimum, Σ eˣ, Σ x² over an axis | |
//! | [`cumsum`], [`top_k`], [`gather`] | running sums; the k largest, sorting; by index, and adding by index | Knuth 1973 |
//! | [`elementwise`], [`reduce`] | scale, copy; sums of columns and of blocks | |
//! | [`descend`] | one pass of SGD, Adam, AdamW, Lion, … | Kingma and Ba 2015; Loshchilov and Hutter 2019 |
#![cfg_attr(not(test), no_std)]
#![cfg_attr(target_arch = "wasm32", feature(asm_experimental_arch))]
#![deny(unsafe_code)]

#[allow(unsafe_code)]
pub mod parallel;

pub mod attention;
pub mod broadcast;
pub mod cross_entropy;
pub mod ctc;
pub mod cumsum;
pub mod descend;
pub mod dropout;
pub mod elementwise;
pub mod elementwise_loss;
pub mod embedding;
pub mod fold;
pub mod gather;
pub mod gelu;
pub mod gemm;
pub mod lanes;
mod lanewise;
pub mod layer_norm;
pub mod math;
pub mod pooling;
pub mod power;
pub mod recurrent;
pub mod reduce;
pub mod relu;
pub mod rms_norm;
pub mod rng;
pub mod rotary;
pub mod sine;
pub mod softmax;
pub mod strided;
pub mod top_k;
pub mod unary;
pub mod unfold;

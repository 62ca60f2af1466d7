//! burn with its CPU backend "flex", single-threaded and with SIMD, on the cases of `bench/rivals/`, written as its users write them:
//! its own modules, loaded with PyTorch's parameters.
//!
//! Its attention is fused without autodiff; with it, and in its `MultiHeadAttention`, it is composed.
mod attention;
mod compute;
mod ops;
mod training;
mod transformer;

use rival_case::{Case, Inputs, Running, Started, in_js, throw_panics};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub fn start(case: &str, inputs: Inputs) -> Result<Running, JsValue> {
    throw_panics();
    begin(case, inputs).map(Running::new).map_err(in_js)
}

fn begin(case: &str, mut inputs: Inputs) -> Started {
    match Case::parse(case)? {
        Case::Matmul(dims) => ops::matmul(dims, &mut inputs),
        Case::Softmax(dims) => ops::softmax(dims, &mut inputs),
        Case::LayerNorm(dims) => ops::layer_norm(dims, &mut inputs),
        Case::Attention(dims) if dims.backward => attention::forward_backward(dims, &mut inputs),
        Case::Attention(dims) => attention::forward(dims, &mut inputs),
        Case::MultiheadAttention(dims) => transformer::multihead(dims, &mut inputs),
        Case::EncoderLayer(dims) => transformer::encoder_layer(dims, &mut inputs),
        Case::TrainingStep(dims) => training::step(dims, &mut inputs),
    }
}

//! What JavaScript hands to a Rust library under test and takes from it: a case of `case.ts` as JSON, its inputs, its results.
use serde::Deserialize;
use std::collections::HashMap;
use wasm_bindgen::prelude::*;

pub type Error = Box<dyn std::error::Error>;
/// A case under way, or why it could not begin.
pub type Started = Result<Box<dyn Compute>, Error>;
/// By name.
pub type Results = Result<Vec<(&'static str, Vec<f32>)>, Error>;

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
pub struct Matmul {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    /// `a` is stored `[k, m]`.
    pub transpose_a: bool,
    /// `b` is stored `[n, k]`.
    pub transpose_b: bool,
}

#[derive(Deserialize, Clone, Copy)]
pub struct RowWise {
    pub rows: usize,
    pub cols: usize,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
pub struct Attention {
    pub batch: usize,
    pub num_heads: usize,
    pub seq_len: usize,
    pub head_dim: usize,
    pub causal: bool,
    pub backward: bool,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
pub struct Multihead {
    pub batch: usize,
    pub seq_len: usize,
    pub embed_dim: usize,
    pub num_heads: usize,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
pub struct EncoderLayer {
    pub batch: usize,
    pub seq_len: usize,
    pub embed_dim: usize,
    pub num_heads: usize,
    pub dim_feedforward: usize,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
pub struct Training {
    pub batch: usize,
    pub seq_len: usize,
    pub embed_dim: usize,
    pub num_heads: usize,
    pub num_layers: usize,
    pub dim_feedforward: usize,
    pub vocab_size: usize,
    pub num_classes: usize,
    pub dropout: f64,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "camelCase")]
pub enum Case {
    Matmul(Matmul),
    Softmax(RowWise),
    LayerNorm(RowWise),
    Attention(Attention),
    MultiheadAttention(Multihead),
    EncoderLayer(EncoderLayer),
    TrainingStep(Training),
}

impl Case {
    pub fn parse(json: &str) -> Result<Self, Error> {
        Ok(serde_json::from_str(json)?)
    }
}

/// By name. Each is taken once, so that no second copy lies in memory.
#[wasm_bindgen]
#[derive(Default)]
pub struct Inputs {
    floats: HashMap<String, Vec<f32>>,
    ints: HashMap<String, Vec<i32>>,
}

#[wasm_bindgen]
impl Inputs {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    #[wasm_bindgen(js_name = setFloats)]
    pub fn set_floats(&mut self, name: String, values: Vec<f32>) {
        self.floats.insert(name, values);
    }

    #[wasm_bindgen(js_name = setInts)]
    pub fn set_ints(&mut self, name: String, values: Vec<i32>) {
        self.ints.insert(name, values);
    }
}

impl Inputs {
    pub fn has(&self, name: &str) -> bool {
        self.floats.contains_key(name)
    }

    pub fn floats(&mut self, name: &str) -> Result<Vec<f32>, Error> {
        self.floats.remove(name).ok_or_else(|| format!("there is no input {name}").into())
    }

    pub fn ints(&mut self, name: &str) -> Result<Vec<i32>, Error> {
        self.ints.remove(name).ok_or_else(|| format!("there is no input {name}").into())
    }
}

/// A case that a library has under way.
pub trait Compute {
    /// Computes once and frees what came of it.
    fn run(&mut self) -> Result<(), Error>;
    /// Computes once, in the layouts of `bench/README.md`; of a training step the losses of the first three.
    fn result(&mut self) -> Results;
}

#[wasm_bindgen]
pub struct Running {
    compute: Box<dyn Compute>,
    results: HashMap<&'static str, Vec<f32>>,
}

impl Running {
    pub fn new(compute: Box<dyn Compute>) -> Self {
        Self { compute, results: HashMap::new() }
    }
}

#[wasm_bindgen]
impl Running {
    pub fn run(&mut self) -> Result<(), JsValue> {
        self.compute.run().map_err(in_js)
    }

    /// The names of what it computed.
    pub fn result(&mut self) -> Result<Vec<String>, JsValue> {
        self.results = self.compute.result().map_err(in_js)?.into_iter().collect();
        Ok(self.results.keys().map(|name| name.to_string()).collect())
    }

    pub fn take(&mut self, name: &str) -> Option<Vec<f32>> {
        self.results.remove(name)
    }
}

/// For JavaScript to throw.
pub fn in_js(error: Error) -> JsValue {
    JsError::new(&error.to_string()).into()
}

/// A panic in wasm is a trap without a word: this makes it an exception that says what went wrong.
pub fn throw_panics() {
    std::panic::set_hook(Box::new(|info| wasm_bindgen::throw_str(&info.to_string())));
}

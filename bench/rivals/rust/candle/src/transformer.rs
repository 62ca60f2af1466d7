use crate::attention::compose;
use crate::compute::{out, tensor};
use crate::state::constants;
use candle_core::{D, Result, Tensor};
use candle_nn::{Dropout, LayerNorm, Linear, Module, VarBuilder, layer_norm, linear, ops};
use rival_case::{EncoderLayer, Inputs, Multihead, Started};

#[derive(Clone, Copy)]
pub enum Mode {
    /// With the fused ops, which have no gradient.
    Inference,
    /// candle's dropout would draw a mask for a probability of 0 too.
    Training { drops: bool },
}

/// Self-attention with PyTorch's state dict; the three projections are one product.
pub struct MultiheadAttention {
    in_proj: Linear,
    out_proj: Linear,
    dropout: Dropout,
    num_heads: usize,
}

impl MultiheadAttention {
    pub fn new(embed_dim: usize, num_heads: usize, dropout: f64, weights: VarBuilder) -> Result<Self> {
        let in_weight = weights.get((3 * embed_dim, embed_dim), "in_proj_weight")?;
        let in_bias = weights.get(3 * embed_dim, "in_proj_bias")?;
        Ok(Self {
            in_proj: Linear::new(in_weight, Some(in_bias)),
            out_proj: linear(embed_dim, embed_dim, weights.pp("out_proj"))?,
            dropout: Dropout::new(dropout as f32),
            num_heads,
        })
    }

    pub fn forward(&self, x: &Tensor, mode: Mode) -> Result<Tensor> {
        let (batch, seq_len, embed_dim) = x.dims3()?;
        let heads = (batch, seq_len, 3, self.num_heads, embed_dim / self.num_heads);
        let projected = self.in_proj.forward(x)?.reshape(heads)?.permute((2, 0, 3, 1, 4))?.contiguous()?;
        let (query, key, value) = (projected.get(0)?, projected.get(1)?, projected.get(2)?);
        let softmax = |scores: &Tensor| match mode {
            Mode::Inference => ops::softmax_last_dim(scores),
            Mode::Training { .. } => dropped(&self.dropout, &ops::softmax(scores, D::Minus1)?, mode),
        };
        let context = compose(&query, &key, &value, None, softmax)?;
        self.out_proj.forward(&context.transpose(1, 2)?.reshape((batch, seq_len, embed_dim))?)
    }
}

pub fn dropped(dropout: &Dropout, x: &Tensor, mode: Mode) -> Result<Tensor> {
    dropout.forward(x, matches!(mode, Mode::Training { drops: true }))
}

/// `TransformerEncoderLayer`: post-norm, ReLU.
pub struct Layer {
    self_attn: MultiheadAttention,
    linear1: Linear,
    linear2: Linear,
    norm1: LayerNorm,
    norm2: LayerNorm,
    dropout: Dropout,
}

impl Layer {
    pub fn new(dims: EncoderLayer, dropout: f64, weights: VarBuilder) -> Result<Self> {
        let EncoderLayer { embed_dim, num_heads, dim_feedforward, .. } = dims;
        Ok(Self {
            self_attn: MultiheadAttention::new(embed_dim, num_heads, dropout, weights.pp("self_attn"))?,
            linear1: linear(embed_dim, dim_feedforward, weights.pp("linear1"))?,
            linear2: linear(dim_feedforward, embed_dim, weights.pp("linear2"))?,
            norm1: layer_norm(embed_dim, 1e-5, weights.pp("norm1"))?,
            norm2: layer_norm(embed_dim, 1e-5, weights.pp("norm2"))?,
            dropout: Dropout::new(dropout as f32),
        })
    }

    pub fn forward(&self, x: &Tensor, mode: Mode) -> Result<Tensor> {
        let attended = self.self_attn.forward(x, mode)?;
        let x = normalize(&self.norm1, &(x + dropped(&self.dropout, &attended, mode)?)?, mode)?;
        let hidden = dropped(&self.dropout, &self.linear1.forward(&x)?.relu()?, mode)?;
        let fed = self.linear2.forward(&hidden)?;
        normalize(&self.norm2, &(&x + dropped(&self.dropout, &fed, mode)?)?, mode)
    }
}

fn normalize(norm: &LayerNorm, x: &Tensor, mode: Mode) -> Result<Tensor> {
    match (mode, norm.bias()) {
        (Mode::Training { .. }, Some(bias)) => ops::layer_norm_slow(x, norm.weight(), bias, norm.eps() as f32),
        _ => norm.forward(x),
    }
}

pub fn multihead(dims: Multihead, inputs: &mut Inputs) -> Started {
    let Multihead { batch, seq_len, embed_dim, num_heads } = dims;
    let x = tensor(inputs, "x", (batch, seq_len, embed_dim))?;
    let module = MultiheadAttention::new(embed_dim, num_heads, 0.0, constants(inputs))?;
    Ok(out(move || module.forward(&x, Mode::Inference)))
}

pub fn encoder_layer(dims: EncoderLayer, inputs: &mut Inputs) -> Started {
    let x = tensor(inputs, "x", (dims.batch, dims.seq_len, dims.embed_dim))?;
    let layer = Layer::new(dims, 0.0, constants(inputs))?;
    Ok(out(move || layer.forward(&x, Mode::Inference)))
}

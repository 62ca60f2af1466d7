use crate::compute::{out, tensor};
use burn::module::Param;
use burn::nn::attention::{MhaInput, MultiHeadAttention, MultiHeadAttentionConfig};
use burn::nn::transformer::{TransformerEncoder, TransformerEncoderConfig, TransformerEncoderInput};
use burn::nn::{LayerNorm, Linear, activation::ActivationConfig};
use burn::tensor::{Device, TensorData};
use rival_case::{EncoderLayer, Error, Inputs, Multihead, Started};

pub fn multihead(dims: Multihead, inputs: &mut Inputs) -> Started {
    let Multihead { batch, seq_len, embed_dim, num_heads } = dims;
    let device = Device::flex();
    let x = tensor(inputs, "x", [batch, seq_len, embed_dim], &device)?;
    let mut module = MultiHeadAttentionConfig::new(embed_dim, num_heads).with_dropout(0.0).init(&device);
    load_attention(&mut module, inputs, "", &device)?;
    Ok(out::<3>(move || module.forward(MhaInput::self_attn(x.clone())).context))
}

pub fn encoder_layer(dims: EncoderLayer, inputs: &mut Inputs) -> Started {
    let device = Device::flex();
    let x = tensor(inputs, "x", [dims.batch, dims.seq_len, dims.embed_dim], &device)?;
    let encoder = encoder(dims, 1, 0.0, inputs, |_| String::new(), &device)?;
    Ok(out::<3>(move || encoder.forward(TransformerEncoderInput::new(x.clone()))))
}

/// burn's encoder, post-norm with ReLU, with the parameters whose names start with `prefix` of a layer's number.
pub fn encoder(
    dims: EncoderLayer,
    num_layers: usize,
    dropout: f64,
    inputs: &mut Inputs,
    prefix: impl Fn(usize) -> String,
    device: &Device,
) -> Result<TransformerEncoder, Error> {
    let mut encoder = TransformerEncoderConfig::new(dims.embed_dim, dims.dim_feedforward, dims.num_heads, num_layers)
        .with_dropout(dropout)
        .with_activation(ActivationConfig::Relu)
        .init(device);
    for (at, layer) in encoder.layers.iter_mut().enumerate() {
        let prefix = prefix(at);
        load_attention(&mut layer.mha, inputs, &format!("{prefix}self_attn."), device)?;
        load_linear(&mut layer.pwff.linear_inner, inputs, &format!("{prefix}linear1."), device)?;
        load_linear(&mut layer.pwff.linear_outer, inputs, &format!("{prefix}linear2."), device)?;
        load_norm(&mut layer.norm_1, inputs, &format!("{prefix}norm1."), device)?;
        load_norm(&mut layer.norm_2, inputs, &format!("{prefix}norm2."), device)?;
    }
    Ok(encoder)
}

/// burn has a layer for each of the three projections that PyTorch stacks.
fn load_attention(module: &mut MultiHeadAttention, inputs: &mut Inputs, prefix: &str, device: &Device) -> Result<(), Error> {
    let width = module.d_model;
    let weight = inputs.floats(&format!("{prefix}in_proj_weight"))?;
    let bias = inputs.floats(&format!("{prefix}in_proj_bias"))?;
    let layers = [&mut module.query, &mut module.key, &mut module.value];
    for ((layer, weight), bias) in layers.into_iter().zip(weight.chunks(width * width)).zip(bias.chunks(width)) {
        set_linear(layer, weight, bias, device);
    }
    load_linear(&mut module.output, inputs, &format!("{prefix}out_proj."), device)
}

pub fn load_linear(layer: &mut Linear, inputs: &mut Inputs, prefix: &str, device: &Device) -> Result<(), Error> {
    let weight = inputs.floats(&format!("{prefix}weight"))?;
    let bias = inputs.floats(&format!("{prefix}bias"))?;
    set_linear(layer, &weight, &bias, device);
    Ok(())
}

/// PyTorch's weight is `[to, from]`, burn's `[from, to]`.
fn set_linear(layer: &mut Linear, weight: &[f32], bias: &[f32], device: &Device) {
    let (from, to) = (weight.len() / bias.len(), bias.len());
    let transposed: Vec<f32> = (0..weight.len()).map(|at| weight[at % to * from + at / to]).collect();
    layer.weight = Param::from_data(TensorData::new(transposed, [from, to]), device);
    layer.bias = Some(Param::from_data(bias, device));
}

fn load_norm(norm: &mut LayerNorm, inputs: &mut Inputs, prefix: &str, device: &Device) -> Result<(), Error> {
    norm.gamma = Param::from_data(inputs.floats(&format!("{prefix}weight"))?.as_slice(), device);
    norm.beta = Some(Param::from_data(inputs.floats(&format!("{prefix}bias"))?.as_slice(), device));
    Ok(())
}

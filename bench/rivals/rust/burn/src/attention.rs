use crate::compute::{Function, tensor};
use burn::tensor::{Device, Tensor, module, ops::AttentionModuleOptions};
use rival_case::{Attention, Error, Inputs, Started};

/// Heads first, as `[batch, numHeads, seqLen, headDim]`, and without a stride.
fn heads_first(inputs: &mut Inputs, name: &str, dims: Attention, device: &Device) -> Result<Tensor<4>, Error> {
    let Attention { batch, num_heads, seq_len, head_dim, .. } = dims;
    let transposed = tensor(inputs, name, [batch, seq_len, num_heads, head_dim], device)?.swap_dims(1, 2);
    Ok(Tensor::from_data(transposed.into_data(), device))
}

fn heads_last(out: Tensor<4>) -> Tensor<4> {
    out.swap_dims(1, 2)
}

fn attend(query: &Tensor<4>, key: &Tensor<4>, value: &Tensor<4>, causal: bool) -> Tensor<4> {
    let options = AttentionModuleOptions { is_causal: causal, ..Default::default() };
    module::attention(query.clone(), key.clone(), value.clone(), None, None, options)
}

pub fn forward(dims: Attention, inputs: &mut Inputs) -> Started {
    let device = Device::flex();
    let [query, key, value] = ["query", "key", "value"].map(|name| heads_first(inputs, name, dims, &device));
    let (query, key, value) = (query?, key?, value?);
    let compute = move || vec![attend(&query, &key, &value, dims.causal)];
    Ok(Box::new(Function { names: &["out"], compute, layout: heads_last }))
}

/// burn seeds a backward pass with ones, so the given gradient of `out` is a factor of what it sums.
pub fn forward_backward(dims: Attention, inputs: &mut Inputs) -> Started {
    let device = Device::flex().autodiff();
    let [query, key, value, d_out] = ["query", "key", "value", "dOut"].map(|name| heads_first(inputs, name, dims, &device));
    let (query, key, value) = (query?.require_grad(), key?.require_grad(), value?.require_grad());
    let d_out = d_out?;
    let compute = move || {
        let out = attend(&query, &key, &value, dims.causal);
        let mut gradients = (out.clone() * d_out.clone()).sum().backward();
        let mut results = vec![out.inner()];
        for each in [&query, &key, &value] {
            results.extend(each.grad_remove(&mut gradients));
        }
        results
    };
    Ok(Box::new(Function { names: &["out", "dQuery", "dKey", "dValue"], compute, layout: heads_last }))
}

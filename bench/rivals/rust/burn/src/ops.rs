use crate::compute::{out, tensor};
use burn::tensor::{Device, activation, module};
use rival_case::{Inputs, Matmul, RowWise, Started};

pub fn matmul(dims: Matmul, inputs: &mut Inputs) -> Started {
    let Matmul { m, n, k, transpose_a, transpose_b } = dims;
    let device = Device::flex();
    let a = if transpose_a { tensor(inputs, "a", [k, m], &device)?.transpose() } else { tensor(inputs, "a", [m, k], &device)? };
    let b = if transpose_b { tensor(inputs, "b", [n, k], &device)?.transpose() } else { tensor(inputs, "b", [k, n], &device)? };
    Ok(out::<2>(move || a.clone().matmul(b.clone())))
}

pub fn softmax(RowWise { rows, cols }: RowWise, inputs: &mut Inputs) -> Started {
    let x = tensor(inputs, "x", [rows, cols], &Device::flex())?;
    Ok(out::<2>(move || activation::softmax(x.clone(), 1)))
}

pub fn layer_norm(RowWise { rows, cols }: RowWise, inputs: &mut Inputs) -> Started {
    let device = Device::flex();
    let x = tensor(inputs, "x", [rows, cols], &device)?;
    let (weight, bias) = (tensor(inputs, "weight", [cols], &device)?, tensor(inputs, "bias", [cols], &device)?);
    Ok(out::<2>(move || module::layer_norm(x.clone(), weight.clone(), Some(bias.clone()), 1e-5)))
}

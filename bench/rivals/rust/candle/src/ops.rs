use crate::compute::{out, tensor};
use candle_nn::{LayerNorm, Module, ops};
use rival_case::{Inputs, Matmul, RowWise, Started};

pub fn matmul(dims: Matmul, inputs: &mut Inputs) -> Started {
    let Matmul { m, n, k, transpose_a, transpose_b } = dims;
    let a = if transpose_a { tensor(inputs, "a", (k, m))?.t()? } else { tensor(inputs, "a", (m, k))? };
    let b = if transpose_b { tensor(inputs, "b", (n, k))?.t()? } else { tensor(inputs, "b", (k, n))? };
    Ok(out(move || a.matmul(&b)))
}

pub fn softmax(RowWise { rows, cols }: RowWise, inputs: &mut Inputs) -> Started {
    let x = tensor(inputs, "x", (rows, cols))?;
    Ok(out(move || ops::softmax_last_dim(&x)))
}

pub fn layer_norm(RowWise { rows, cols }: RowWise, inputs: &mut Inputs) -> Started {
    let x = tensor(inputs, "x", (rows, cols))?;
    let layer = LayerNorm::new(tensor(inputs, "weight", cols)?, tensor(inputs, "bias", cols)?, 1e-5);
    Ok(out(move || layer.forward(&x)))
}

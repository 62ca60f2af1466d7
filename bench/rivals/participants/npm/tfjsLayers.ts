import * as tf from "@tensorflow/tfjs";
import { EPS } from "../../case.ts";

export type Tensors = Record<string, tf.Tensor>;

/** What a layer drops, in training. */
export type Drop = (x: tf.Tensor) => tf.Tensor;
const keepAll: Drop = (x) => x;

/** `[…, from]` to `[…, to]`, weight `[from, to]`. */
export function linear(x: tf.Tensor, parameters: Tensors, prefix: string, activation: "linear" | "relu" = "linear"): tf.Tensor {
  const weight = parameters[`${prefix}weight`] as tf.Tensor2D;
  const [from, to] = weight.shape;
  const out = tf.fused.matMul({ a: x.reshape([-1, from]), b: weight, bias: parameters[`${prefix}bias`]!, activation });
  return out.reshape([...x.shape.slice(0, -1), to]);
}

/** Over the last axis. */
export function layerNorm(x: tf.Tensor, parameters: Tensors, prefix: string): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  const normal = x.sub(mean).mul(variance.add(EPS).rsqrt());
  return normal.mul(parameters[`${prefix}weight`]!).add(parameters[`${prefix}bias`]!);
}

/** All `[batch, numHeads, seqLen, headDim]`. */
export function attend(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, mask?: tf.Tensor, drop = keepAll): tf.Tensor {
  const scores = tf.matMul(query, key, false, true).mul(1 / Math.sqrt(query.shape[3]!));
  return tf.matMul(drop(tf.softmax(mask ? scores.add(mask) : scores)), value);
}

/** `x [batch, seqLen, embedDim]`. */
export function selfAttention(x: tf.Tensor, parameters: Tensors, prefix: string, numHeads: number, drop = keepAll): tf.Tensor {
  const [batch, seqLen, embedDim] = x.shape as [number, number, number];
  const parts = tf.split(linear(x, parameters, `${prefix}in_proj_`), 3, -1);
  const [query, key, value] = parts.map((part) =>
    part.reshape([batch, seqLen, numHeads, embedDim / numHeads]).transpose([0, 2, 1, 3]),
  ) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const heads = attend(query, key, value, undefined, drop).transpose([0, 2, 1, 3]);
  return linear(heads.reshape([batch, seqLen, embedDim]), parameters, `${prefix}out_proj.`);
}

/** Post-norm. */
export function encoderLayer(x: tf.Tensor, parameters: Tensors, prefix: string, numHeads: number, drop = keepAll): tf.Tensor {
  const attended = drop(selfAttention(x, parameters, `${prefix}self_attn.`, numHeads, drop));
  const middle = layerNorm(x.add(attended), parameters, `${prefix}norm1.`);
  const hidden = drop(linear(middle, parameters, `${prefix}linear1.`, "relu"));
  return layerNorm(middle.add(drop(linear(hidden, parameters, `${prefix}linear2.`))), parameters, `${prefix}norm2.`);
}

import { type Array as JaxArray, nn, numpy as np } from "@jax-js/jax";
import { EPS } from "../../case.ts";

/** By PyTorch's names. A function consumes those it uses. */
export type Parameters = Record<string, JaxArray>;

/** What a layer drops, in training: null where nothing is. */
export type Drop = (x: JaxArray) => JaxArray;
export const keepAll: Drop = (x) => x;

/** `[…, from]` to `[…, to]`. */
export function linear(x: JaxArray, parameters: Parameters, prefix: string): JaxArray {
  return np.matmul(x, np.transpose(parameters[`${prefix}weight`]!)).add(parameters[`${prefix}bias`]!);
}

/** Over the last axis. */
export function layerNorm(x: JaxArray, parameters: Parameters, prefix: string): JaxArray {
  const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
  const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
  const normal = centred.mul(np.reciprocal(np.sqrt(variance.add(EPS))));
  return normal.mul(parameters[`${prefix}weight`]!).add(parameters[`${prefix}bias`]!);
}

/** Self-attention up to the heads side by side, before their output projection. Without dropout by the library's own attention. */
export function heads(x: JaxArray, parameters: Parameters, prefix: string, numHeads: number, drop = keepAll): JaxArray {
  const [batch, seqLen, embedDim] = x.shape as [number, number, number];
  const packed = linear(x, parameters, `${prefix}in_proj_`).reshape([batch, seqLen, 3, numHeads, embedDim / numHeads]);
  const [query, key, value] = np.unstack(packed, 2) as [JaxArray, JaxArray, JaxArray];
  const out = drop === keepAll ? nn.dotProductAttention(query, key, value) : attention(query, key, value, drop);
  return out.reshape([batch, seqLen, embedDim]);
}

/** As `dotProductAttention` does it, which drops nothing. */
function attention(query: JaxArray, key: JaxArray, value: JaxArray, drop: Drop): JaxArray {
  const scale = 1 / Math.sqrt(query.shape[3]!);
  const weights = nn.softmax(np.einsum("BLNH,BSNH->BNLS", query, key).mul(scale), -1);
  return np.einsum("BNLS,BSNH->BLNH", drop(weights), value);
}

/** What follows `heads` in a post-norm layer. */
export function afterHeads(x: JaxArray, attended: JaxArray, parameters: Parameters, prefix: string, drop = keepAll): JaxArray {
  const projected = drop(linear(attended, parameters, `${prefix}self_attn.out_proj.`));
  const middle = layerNorm(x.add(projected), parameters, `${prefix}norm1.`);
  const hidden = drop(nn.relu(linear(middle.ref, parameters, `${prefix}linear1.`)));
  return layerNorm(middle.add(drop(linear(hidden, parameters, `${prefix}linear2.`))), parameters, `${prefix}norm2.`);
}

import { FoveaError } from "../runtime/errors.ts";
import { expectAxes, expectShape, formatShape } from "../tensor/shape.ts";
import { empty, slice, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";
import {
  type AttentionLayout,
  type AttentionOptions,
  type AttentionResult,
  type AttentionSource,
  fusedAttention,
} from "./fusedAttention.ts";

export type { AttentionOptions, AttentionResult };

/**
 * `softmax(scale · query · keyᵀ, masked) · value` for each head (Vaswani et al. 2017), with O(length) memory beyond its results,
 * forward and backward (Dao et al. 2022). `query [batch, queryLen, numHeads, headDim]`, `key [batch, keyLen, numKvHeads,
 * headDim]`, `value [batch, keyLen, numKvHeads, valueHeadDim]`; out `[batch, queryLen, numHeads, valueHeadDim]`. Fewer
 * `numKvHeads` are shared by groups of query heads (Ainslie et al. 2023). Scale, then softcap, then bias and mask, then softmax,
 * then dropout. A query that may attend to nothing gives 0, with weights and gradients of 0.
 *
 * Throws `SHAPE`, `RANK`, `RANGE`, `MASK`, `DTYPE`, `DISPOSED`.
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): AttentionResult {
  const op = "scaledDotProductAttention";
  const layout = separateLayout(op, query, key, value);
  const source: AttentionSource = {
    inputs: [query, key, value],
    views: () => [query, key, value],
    // One buffer for all three gradients, as the kernel writes one; each is a part of it.
    gradientBuffer: () => empty([query.length + key.length + value.length]),
    offsets: [0, query.length, query.length + key.length],
    gradients: (dPacked, grads) =>
      [query, key, value].map((input, i) => (grads.wants(i) ? slice(dPacked, source.offsets[i]!, input.shape) : null)),
  };
  return fusedAttention(op, source, layout, options);
}

export interface PackedAttentionOptions extends AttentionOptions {
  numHeads: number;
}

/**
 * Self-attention straight from the packed projection: `qkv [batch, seqLen, 3 · embedDim]` holds each token's query, key and value
 * one after the other; they are read, and their gradients written, where they lie. Out `[batch, seqLen, numHeads, headDim]`.
 * Throws as `scaledDotProductAttention` does.
 */
export function packedAttention(qkv: Tensor, { numHeads, ...options }: PackedAttentionOptions): AttentionResult {
  const op = "packedAttention";
  expectFloat(op, { qkv });
  expectAxes(op, { qkv }, ["batch", "seqLen", "3 · embedDim"]);
  const [batch, seqLen, stride] = qkv.shape as [number, number, number];
  const headDim = stride / 3 / numHeads;
  if (!Number.isInteger(headDim) || !(numHeads >= 1))
    throw new FoveaError(
      "SHAPE",
      `${op}: the last axis must be 3 · numHeads · headDim, got ${formatShape(qkv.shape)} for numHeads ${numHeads}`,
    );
  const embedDim = stride / 3;
  // The last token's part ends before the row does.
  const reach = [(batch * seqLen - 1) * stride + embedDim];
  const heads = { numHeads, numKvHeads: numHeads, headDim, valueHeadDim: headDim };
  const strides = { queryStride: stride, keyStride: stride, valueStride: stride };
  const offsets = [0, embedDim, 2 * embedDim] as const;
  const source: AttentionSource = {
    inputs: [qkv],
    views: () => offsets.map((offset) => slice(qkv, offset, reach)),
    gradientBuffer: (grads) => grads.empty(0),
    offsets,
    gradients: (dPacked) => [dPacked],
  };
  return fusedAttention(op, source, { batch, queryLen: seqLen, keyLen: seqLen, ...heads, ...strides }, options);
}

function separateLayout(op: string, query: Tensor, key: Tensor, value: Tensor): AttentionLayout {
  expectFloat(op, { query, key, value });
  expectAxes(op, { query }, ["batch", "queryLen", "numHeads", "headDim"]);
  expectAxes(op, { key }, ["batch", "keyLen", "numKvHeads", "headDim"]);
  expectAxes(op, { value }, ["batch", "keyLen", "numKvHeads", "valueHeadDim"]);
  const [batch, queryLen, numHeads, headDim] = query.shape as [number, number, number, number];
  const [, keyLen, numKvHeads] = key.shape as [number, number, number, number];
  const valueHeadDim = value.shape[3]!;
  expectShape(op, { key }, [batch, keyLen, numKvHeads, headDim]);
  expectShape(op, { value }, [batch, keyLen, numKvHeads, valueHeadDim]);
  if (numKvHeads !== numHeads && (numKvHeads === 0 || numHeads % numKvHeads !== 0))
    throw new FoveaError(
      "SHAPE",
      `${op}: numHeads must be a multiple of numKvHeads, got ${numHeads} heads of query and ${numKvHeads} of key`,
    );
  const strides = { queryStride: numHeads * headDim, keyStride: numKvHeads * headDim, valueStride: numKvHeads * valueHeadDim };
  return { batch, queryLen, keyLen, numHeads, numKvHeads, headDim, valueHeadDim, ...strides };
}

import type { KernelArgs } from "../../ts/runtime/kernels.gen.ts";

/** What attention's kernels take besides buffers. */
export type AttentionDims = Omit<KernelArgs<never, never, never>["attentionForward"], AttentionBuffers>;
type AttentionBuffers = "query" | "key" | "value" | "keyLengths" | "keep" | "bias" | "ranges" | "slopes" | "out" | "lse";
type Sizes = Pick<AttentionDims, "batch" | "queryLen" | "keyLen" | "numHeads" | "headDim">;

/** Every dim, from those that matter: nothing masked, tokens next to each other, values as wide as keys, as many heads of both. */
export function attentionDims(sizes: Sizes & Partial<AttentionDims>): AttentionDims {
  const { numHeads, headDim, numKvHeads = numHeads, valueHeadDim = headDim } = sizes;
  return {
    numKvHeads,
    valueHeadDim,
    queryStride: numHeads * headDim,
    keyStride: numKvHeads * headDim,
    valueStride: numKvHeads * valueHeadDim,
    keepBatch: 1,
    keepHeads: 1,
    keepQueries: 1,
    biasBatch: 1,
    biasHeads: 1,
    biasQueries: 1,
    rangesBatch: 1,
    sinks: 0,
    slopeOffset: 0,
    causal: false,
    causalOffset: 0,
    window: -1,
    scale: Math.fround(1 / Math.sqrt(headDim)),
    softcap: 0,
    dropout: 0,
    dropoutKey: 0,
    ...sizes,
  };
}

/** The gradients of query, key and value one after the other in `dPacked`. */
export function packedDims(dims: AttentionDims) {
  const { batch, queryLen, keyLen } = dims;
  const query = batch * queryLen * dims.queryStride;
  const key = batch * keyLen * dims.keyStride;
  const value = batch * keyLen * dims.valueStride;
  return { dQueryOffset: 0, dKeyOffset: query, dValueOffset: query + key, dPackedLen: query + key + value };
}

import { reference } from "../../ts/reference/index.ts";
import { type AttentionDims, attentionDims, packedDims } from "../harness/attention.ts";
import { type AttentionCase, attentionShapes } from "./attentionShapes.ts";
import { constant, flags, normal } from "./fills.ts";
import { cancelling } from "./tolerances.ts";
import type { Bound, KernelCases } from "./types.ts";

const inputs = {
  query: normal(),
  key: normal(),
  value: normal(),
  keyLengths: ({ dims }: { dims: Record<string, number> }) => dims.keyLen!,
  keep: flags(0.7),
  bias: normal(),
  ranges: ({ index, dims }: { index: number; dims: Record<string, number> }) => (index % 2) * dims.keyLen!,
  slopes: ({ index }: { index: number }) => 2 ** (-1 - index),
};

const outBound: Bound = {
  factor: 2,
  absolute: 2e-6,
  zeros: "exact",
  source: "plain float32 2.4e-7, online softmax 4.7e-8; PyTorch allows 1e-5",
};
const lseBound: Bound = { factor: 2, absolute: 1e-6, relative: 1e-6, source: "flash-attention tests 1e-5" };
const weightsBound: Bound = { factor: 2, absolute: 1e-6, zeros: "exact", source: "rows then sum to 1 within 2e-6" };

const common = ({ why, sizes, given, fill, spreads }: AttentionCase) => ({
  why,
  dims: attentionDims(sizes),
  given: given ?? [],
  fill: fill ?? {},
  ...(spreads && { spreads }),
});

export const attentionForward: KernelCases<"attentionForward"> = {
  fill: inputs,
  tolerance: { out: outBound, lse: lseBound },
  cases: attentionShapes.map(common),
};

export const attentionWeights: KernelCases<"attentionWeights"> = {
  fill: {
    query: inputs.query,
    key: inputs.key,
    keyLengths: inputs.keyLengths,
    keep: inputs.keep,
    bias: inputs.bias,
    ranges: inputs.ranges,
    slopes: inputs.slopes,
    lse: constant(0),
  },
  derive(args) {
    const value = new Float64Array(
      Math.max(0, (args.batch * args.keyLen - 1) * args.valueStride + args.numKvHeads * args.valueHeadDim),
    );
    const out = new Float64Array(args.batch * args.queryLen * args.numHeads * args.valueHeadDim);
    reference.attentionForward({ ...args, value, out });
  },
  tolerance: { weights: weightsBound },
  cases: attentionShapes.map(common).map(({ fill: { value: _, ...fill }, ...rest }) => ({ ...rest, fill })),
};

export const attentionBackward: KernelCases<"attentionBackward"> = {
  fill: { ...inputs, dOut: normal(), dWeights: normal(), out: constant(0), lse: constant(0), weights: constant(0) },
  derive(args) {
    reference.attentionForward(args);
    if (args.weights) reference.attentionWeights({ ...args, weights: args.weights });
  },
  tolerance: { dPacked: cancelling, dBias: cancelling },
  part: (buffer, index, dims) => (buffer === "dPacked" ? partOf(index, dims as unknown as Packed) : buffer),
  cases: attentionShapes.flatMap((shape) => {
    const { why, given, dims, ...rest } = common(shape);
    const alone = {
      ...rest,
      why,
      given: given.includes("bias") ? [...given, "dBias" as const] : given,
      dims: { ...dims, ...packedOf(dims) },
    };
    const used = {
      ...alone,
      why: `${why}; the weights are used too`,
      given: [...alone.given, "weights" as const, "dWeights" as const],
    };
    return shape.fill ? [alone] : [alone, used];
  }),
};

type Packed = AttentionDims & ReturnType<typeof packedDims>;

/** Interleaved where the inputs are, each in its place in a token; else one after the other. */
function packedOf(dims: AttentionDims): ReturnType<typeof packedDims> {
  const { numHeads, numKvHeads, headDim, valueHeadDim, queryStride, keyStride, valueStride, batch, keyLen, queryLen } = dims;
  const [query, key, value] = [numHeads * headDim, numKvHeads * headDim, numKvHeads * valueHeadDim];
  const token = query + key + value;
  if (queryStride === token && keyStride === token && valueStride === token) {
    return { dQueryOffset: 0, dKeyOffset: query, dValueOffset: query + key, dPackedLen: batch * queryLen * token };
  }
  if (keyStride === key + value && valueStride === key + value) {
    const queries = batch * queryLen * query;
    return {
      dQueryOffset: 0,
      dKeyOffset: queries,
      dValueOffset: queries + key,
      dPackedLen: queries + batch * keyLen * (key + value),
    };
  }
  return packedDims(dims);
}

/** dQuery, dKey or dValue. */
function partOf(index: number, dims: Packed): string {
  const inside = (offset: number, stride: number, width: number, tokens: number) => {
    const at = index - offset;
    return at >= 0 && at % stride < width && at < tokens * stride;
  };
  const keys = dims.batch * dims.keyLen;
  if (inside(dims.dQueryOffset, dims.queryStride, dims.numHeads * dims.headDim, dims.batch * dims.queryLen)) return "dQuery";
  if (inside(dims.dKeyOffset, dims.keyStride, dims.numKvHeads * dims.headDim, keys)) return "dKey";
  if (inside(dims.dValueOffset, dims.valueStride, dims.numKvHeads * dims.valueHeadDim, keys)) return "dValue";
  throw new Error(`element ${index} of dPacked is nobody's gradient`);
}

/** Sizes of one attention; `[batch, length, heads, dim]` as the library has them. */
export interface AttentionSizes {
  batch: number;
  queryLen: number;
  keyLen: number;
  numHeads: number;
  numKvHeads: number;
  headDim: number;
  valueHeadDim: number;
  causal: boolean;
}

export type AttentionInputs = Record<"query" | "key" | "value" | "dOut", Float32Array>;
export type AttentionTruth = Record<"out" | "lse" | "dQuery" | "dKey" | "dValue", Float64Array>;

/** Attention and its gradients in float64 by plain loops: quicker than `ts/reference`, which knows every option, and so good for a thousand shapes. */
export function attentionTruth(sizes: AttentionSizes, inputs: AttentionInputs): AttentionTruth {
  const { batch, queryLen, keyLen, numHeads, numKvHeads, headDim, valueHeadDim } = sizes;
  const truth = {
    out: new Float64Array(batch * queryLen * numHeads * valueHeadDim),
    lse: new Float64Array(batch * numHeads * queryLen),
    dQuery: new Float64Array(inputs.query.length),
    dKey: new Float64Array(inputs.key.length),
    dValue: new Float64Array(inputs.value.length),
  };
  const weights = new Float64Array(keyLen);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < numHeads; h++) {
      const kvHead = Math.floor(h / (numHeads / numKvHeads));
      for (let i = 0; i < queryLen; i++) {
        const row = (b * queryLen + i) * numHeads + h;
        const keys = {
          count: sizes.causal ? Math.min(keyLen, i + 1) : keyLen,
          at: (b * keyLen * numKvHeads + kvHead) * headDim,
          step: numKvHeads * headDim,
          valueAt: (b * keyLen * numKvHeads + kvHead) * valueHeadDim,
          valueStep: numKvHeads * valueHeadDim,
        };
        truth.lse[(b * numHeads + h) * queryLen + i] = forwardRow(inputs, sizes, row, keys, weights, truth.out);
        backwardRow(inputs, sizes, row, keys, weights, truth);
      }
    }
  }
  return truth;
}

/** The keys a query sees: how many, where the first is, and from one to the next. */
interface Keys {
  count: number;
  at: number;
  step: number;
  valueAt: number;
  valueStep: number;
}

function forwardRow(
  { query, key, value }: AttentionInputs,
  { headDim, valueHeadDim }: AttentionSizes,
  row: number,
  { count, at, step, valueAt, valueStep }: Keys,
  weights: Float64Array,
  out: Float64Array,
): number {
  const scale = Math.fround(1 / Math.sqrt(headDim));
  const [queryAt, outAt] = [row * headDim, row * valueHeadDim];
  let max = -Infinity;
  for (let j = 0; j < count; j++) {
    let dot = 0;
    for (let d = 0; d < headDim; d++) dot += query[queryAt + d]! * key[at + j * step + d]!;
    weights[j] = scale * dot;
    max = Math.max(max, weights[j]!);
  }
  let total = 0;
  for (let j = 0; j < count; j++) {
    weights[j] = Math.exp(weights[j]! - max);
    total += weights[j]!;
  }
  for (let j = 0; j < count; j++) {
    weights[j]! /= total;
    for (let d = 0; d < valueHeadDim; d++) out[outAt + d]! += weights[j]! * value[valueAt + j * valueStep + d]!;
  }
  return max + Math.log(total);
}

function backwardRow(
  { query, key, value, dOut }: AttentionInputs,
  { headDim, valueHeadDim }: AttentionSizes,
  row: number,
  { count, at, step, valueAt, valueStep }: Keys,
  weights: Float64Array,
  { out, dQuery, dKey, dValue }: AttentionTruth,
): void {
  const scale = Math.fround(1 / Math.sqrt(headDim));
  const [queryAt, outAt] = [row * headDim, row * valueHeadDim];
  let delta = 0;
  for (let d = 0; d < valueHeadDim; d++) delta += dOut[outAt + d]! * out[outAt + d]!;
  for (let j = 0; j < count; j++) {
    const [keyAt, from] = [at + j * step, valueAt + j * valueStep];
    let dWeight = 0;
    for (let d = 0; d < valueHeadDim; d++) {
      dWeight += dOut[outAt + d]! * value[from + d]!;
      dValue[from + d]! += weights[j]! * dOut[outAt + d]!;
    }
    const dScore = scale * weights[j]! * (dWeight - delta);
    for (let d = 0; d < headDim; d++) {
      dQuery[queryAt + d]! += dScore * key[keyAt + d]!;
      dKey[keyAt + d]! += dScore * query[queryAt + d]!;
    }
  }
}

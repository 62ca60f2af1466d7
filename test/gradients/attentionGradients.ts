import { reference } from "../../ts/reference/index.ts";
import { type AttentionDims, attentionDims, packedDims } from "../harness/attention.ts";
import { float32Values, random } from "../harness/random.ts";
import type { Differentiable } from "./centralDifferences.ts";

interface Options extends Partial<AttentionDims> {
  keyLengths?: Int32Array;
  keep?: Uint8Array;
  bias?: true;
  /** Whether the weights are used too, so that `dWeights` comes back. */
  weights?: true;
}

const sizes = { batch: 2, queryLen: 3, keyLen: 5, numHeads: 4, headDim: 3 };
const keepSome = Uint8Array.from({ length: 2 * 4 * 3 * 5 }, (_, i) => (i % 3 === 1 || i < 5 ? 0 : 1)); // the first row is empty
const allKeep = { keep: keepSome, keepBatch: 2, keepHeads: 4, keepQueries: 3 };
const sharedBias = { bias: true, biasBatch: 1, biasHeads: 4, biasQueries: 1 } as const;
const wholeBias = { bias: true, biasBatch: 2, biasHeads: 4, biasQueries: 3 } as const;

/** Each option of attention alone, then those that meet in one line of the backward pass. */
export const attentionGradients: Record<string, () => Differentiable> = {
  plain: () => attention({}),
  "values of another width": () => attention({ valueHeadDim: 2 }),
  "grouped queries": () => attention({ numKvHeads: 2 }),
  "one key head for all": () => attention({ numKvHeads: 1 }),
  causal: () => attention({ causal: true }),
  "causal, offset 2": () => attention({ causal: true, causalOffset: 2 }),
  "causal, offset −1: the first query sees nothing": () => attention({ causal: true, causalOffset: -1 }),
  "window both ways": () => attention({ window: 1 }),
  "causal window": () => attention({ causal: true, causalOffset: 2, window: 1 }),
  "key lengths, one of them 0": () => attention({ keyLengths: new Int32Array([4, 0]) }),
  keep: () => attention(allKeep),
  "keep shared by heads and batch": () => attention({ keep: keepSome.slice(0, 15), keepQueries: 3 }),
  "bias shared by batch and queries": () => attention(sharedBias),
  "bias of every cell": () => attention(wholeBias),
  softcap: () => attention({ softcap: 1.5 }),
  "softcap, bias and keep": () => attention({ softcap: 1.5, ...wholeBias, ...allKeep }),
  "scale given": () => attention({ scale: 0.3 }),
  dropout: () => attention({ dropout: 0.4, dropoutKey: 11 }),
  "dropout, causal, bias": () => attention({ dropout: 0.4, dropoutKey: 11, causal: true, ...sharedBias }),
  "gradient of the weights": () => attention({ weights: true }),
  "gradient of the weights, keep, dropout, softcap, grouped": () =>
    attention({ weights: true, ...allKeep, dropout: 0.3, dropoutKey: 2, softcap: 2, numKvHeads: 2 }),
  everything: () =>
    attention({
      ...{
        weights: true,
        ...wholeBias,
        ...allKeep,
        keyLengths: new Int32Array([5, 3]),
        causal: true,
        causalOffset: 1,
        window: 2,
      },
      ...{ softcap: 2, dropout: 0.2, dropoutKey: 3, numKvHeads: 2, valueHeadDim: 2, scale: 0.5 },
    }),
};

function attention({ keyLengths, keep, bias: withBias, weights: withWeights, ...options }: Options): Differentiable {
  const dims = attentionDims({ ...sizes, ...options });
  const packed = packedDims(dims);
  const rng = random(3);
  const values = (length: number) => float32Values(length, () => rng.normal());
  const rows = dims.batch * dims.numHeads * dims.queryLen;
  const query = values(packed.dKeyOffset);
  const key = values(packed.dValueOffset - packed.dKeyOffset);
  const value = values(packed.dPackedLen - packed.dValueOffset);
  const bias = withBias && values(dims.biasBatch * dims.biasHeads * dims.biasQueries * dims.keyLen);
  const out = new Float64Array(dims.batch * dims.queryLen * dims.numHeads * dims.valueHeadDim);
  const lse = new Float64Array(rows);
  const weights = withWeights && new Float64Array(rows * dims.keyLen);
  const inputs = { query, key, value, keyLengths, keep, bias };
  return {
    inputs: { query, key, value, ...(bias && { bias }) },
    forward() {
      reference.attentionForward({ ...inputs, out, lse, ...dims });
      if (!weights) return [out.slice()];
      reference.attentionWeights({ ...inputs, lse, weights, ...dims });
      return [out.slice(), weights.slice()];
    },
    backward([dOut, dWeights]) {
      const dPacked = new Float64Array(packed.dPackedLen);
      const dBias = bias && new Float64Array(rows * dims.keyLen);
      reference.attentionBackward({ ...inputs, out, dOut: dOut!, lse, weights, dWeights, dPacked, dBias, ...packed, ...dims });
      return {
        query: dPacked.subarray(0, packed.dKeyOffset),
        key: dPacked.subarray(packed.dKeyOffset, packed.dValueOffset),
        value: dPacked.subarray(packed.dValueOffset),
        ...(dBias && { bias: sharedSum(dBias, dims) }),
      };
    },
  };
}

/** The gradient of every cell summed into the shape of a bias that several cells share. */
function sharedSum(dBias: Float64Array, { batch, numHeads, queryLen, keyLen, biasBatch, biasHeads, biasQueries }: AttentionDims) {
  const sum = new Float64Array(biasBatch * biasHeads * biasQueries * keyLen);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < numHeads; h++) {
      for (let i = 0; i < queryLen; i++) {
        for (let j = 0; j < keyLen; j++) {
          const shared = ((b % biasBatch) * biasHeads + (h % biasHeads)) * biasQueries + (i % biasQueries);
          sum[shared * keyLen + j]! += dBias[((b * numHeads + h) * queryLen + i) * keyLen + j]!;
        }
      }
    }
  }
  return sum;
}

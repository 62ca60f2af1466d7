import { attentions, encoderLayers, layerNorms, models, multiheads, products, softmaxes } from "../shapes.ts";
import { labelOf, sizesOf } from "../sizes.ts";

interface Matmul {
  op: "matmul";
  m: number;
  n: number;
  k: number;
  /** `a` is stored `[k, m]`. */
  transposeA: boolean;
  /** `b` is stored `[n, k]`. */
  transposeB: boolean;
}

interface RowWise {
  op: "softmax" | "layerNorm";
  rows: number;
  cols: number;
}

interface Attention {
  op: "attention";
  batch: number;
  numHeads: number;
  seqLen: number;
  headDim: number;
  causal: boolean;
  /** Forward, then the gradients of query, key and value for a given `dOut`. */
  backward: boolean;
}

interface MultiheadAttention {
  op: "multiheadAttention";
  batch: number;
  seqLen: number;
  embedDim: number;
  numHeads: number;
}

interface EncoderLayer {
  op: "encoderLayer";
  batch: number;
  seqLen: number;
  embedDim: number;
  numHeads: number;
  dimFeedforward: number;
}

interface TrainingStep {
  op: "trainingStep";
  batch: number;
  seqLen: number;
  embedDim: number;
  numHeads: number;
  numLayers: number;
  dimFeedforward: number;
  vocabSize: number;
  numClasses: number;
  /** 0 while the answer is checked. */
  dropout: number;
}

/** Of every training step; PyTorch's defaults. No clipping. */
export const ADAMW = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 } as const;
/** Of every layer norm. */
export const EPS = 1e-5;

/** What is computed, with its sizes. README.md says which inputs and results go with each. */
export type Op = Matmul | RowWise | Attention | MultiheadAttention | EncoderLayer | TrainingStep;

/** Something that every library is asked to do, if it can. */
export type RivalCase = Op & { name: string; shape: string };

export const rivalCases: readonly RivalCase[] = [
  ...products.map((each): RivalCase => {
    const { m, n, k, layout } = each;
    const transposed = { transposeA: layout[0] === "T", transposeB: layout[1] === "T" };
    return { op: "matmul", name: `matmul ${labelOf.product(each)}`, shape: sizesOf.product(each), m, n, k, ...transposed };
  }),
  ...softmaxes.map((each) => rowWise("softmax", each)),
  ...layerNorms.map((each) => rowWise("layerNorm", each)),
  ...[false, true].flatMap((backward) =>
    attentions.map((each): RivalCase => {
      const name = `attention ${backward ? "forward+backward" : "forward"} ${labelOf.attention(each)}`;
      return { op: "attention", name, shape: sizesOf.attention(each), ...each, backward };
    }),
  ),
  ...multiheads.map((each): RivalCase => {
    return { op: "multiheadAttention", name: `MultiheadAttention ${labelOf.module(each)}`, shape: sizesOf.module(each), ...each };
  }),
  ...encoderLayers.map((each): RivalCase => {
    return { op: "encoderLayer", name: `encoder layer ${labelOf.module(each)}`, shape: sizesOf.layer(each), ...each };
  }),
  ...models.map((each): RivalCase => {
    const name = `training step ${labelOf.model(each)}`;
    return { op: "trainingStep", name, shape: sizesOf.model(each), ...each, numClasses: 2, dropout: 0.1 };
  }),
];

function rowWise(op: "softmax" | "layerNorm", { rows, cols }: { rows: number; cols: number }): RivalCase {
  return { op, name: `${op} ${rows}×${cols}`, shape: `${rows}×${cols}`, rows, cols };
}

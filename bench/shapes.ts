/**
 * What each kernel is timed on. Those of one pass over memory get 4,096 rows of 512 (8 MiB); the others the shapes of a small
 * transformer and of the figures others publish. A new kernel without an entry does not compile.
 */
import { cycle } from "../test/cases/fills.ts";
import type { BufferName, Fill, Numbers, OptionalName } from "../test/cases/types.ts";
import { attentionDims, packedDims } from "../test/harness/attention.ts";
import type { KernelName } from "../ts/runtime/kernels.gen.ts";
import {
  type AttentionShape,
  type LayerShape,
  type Layout,
  labelOf,
  type ModelShape,
  type ModuleShape,
  type ProductShape,
  sizesOf,
} from "./sizes.ts";

export interface KernelShape<K extends KernelName> {
  /** Behind the kernel's name; what tells two shapes apart. */
  label?: string;
  /** Instead of the kernel's name. */
  name?: string;
  shape: string;
  dims: Numbers<K>;
  given?: readonly OptionalName<K>[];
  /** Instead of what the tests fill it with. */
  fill?: { [B in BufferName<K>]?: Fill };
  /** Time the forward kernel that saved this one's inputs too. */
  withForward?: true;
  /** Too long to be repeated. */
  once?: true;
}

const rows = 4096;
const cols = 512;
const n = rows * cols;
const wide = "4096×512";
const f = Math.fround;

/** Timed beside other libraries too, as all that follow. NT and TN are a linear layer's products, forward and of its weight's gradient. */
export const products: readonly ProductShape[] = [
  ...[256, 512, 1024].map((n) => product(n, n, n)),
  ...[product(2048, 512, 2048), product(1, 512, 512), product(8, 512, 2048)],
  ...(["NT", "TN"] as const).flatMap((layout) => [product(512, 512, 512, layout), product(1024, 1024, 1024, layout)]),
  ...(["NT", "TN"] as const).map((layout) => product(2048, 512, 2048, layout)),
];
export const softmaxes = [
  { rows: 4096, cols: 512 },
  { rows: 8192, cols: 128 },
  { rows: 512, cols: 4096 },
] as const;
export const layerNorms = [
  { rows: 4096, cols: 512 },
  { rows: 1024, cols: 768 },
] as const;
export const attentions: readonly AttentionShape[] = [
  attention(1, 8, 128, 64),
  attention(8, 8, 128, 64),
  attention(1, 8, 512, 64),
  attention(1, 12, 512, 64),
  attention(1, 8, 2048, 64),
  attention(1, 8, 2048, 64, true),
];
const module = (batch: number, seqLen: number): ModuleShape => ({ batch, seqLen, embedDim: 512, numHeads: 8 });
export const multiheads = [module(1, 128), module(8, 128), module(1, 512), module(32, 64)] as const;
export const encoderLayers: readonly LayerShape[] = [module(8, 128), module(1, 512)].map((each) => ({
  ...each,
  dimFeedforward: 2048,
}));
export const models: readonly ModelShape[] = [
  { numLayers: 2, embedDim: 128, numHeads: 4, dimFeedforward: 512, batch: 32, seqLen: 64, vocabSize: 10_000 },
  { numLayers: 4, embedDim: 256, numHeads: 8, dimFeedforward: 1024, batch: 16, seqLen: 128, vocabSize: 10_000 },
];

function product(m: number, n: number, k: number, layout: Layout = "NN"): ProductShape {
  return { m, n, k, layout };
}

function attention(batch: number, numHeads: number, seqLen: number, headDim: number, causal = false): AttentionShape {
  return { batch, numHeads, seqLen, headDim, causal };
}

const matmul = (shape: ProductShape): KernelShape<"matmul"> => ({
  label: labelOf.product(shape),
  shape: sizesOf.product(shape),
  dims: {
    ...{ batch: 1, aBatch: 1, bBatch: 1, m: shape.m, n: shape.n, k: shape.k, activation: 0 },
    ...{ transposeA: shape.layout[0] === "T", transposeB: shape.layout[1] === "T" },
  },
});

const forward = (each: AttentionShape) => {
  const { batch, numHeads, seqLen, headDim, causal } = each;
  return {
    ...{ label: labelOf.attention(each), shape: sizesOf.attention(each) },
    dims: attentionDims({ batch, queryLen: seqLen, keyLen: seqLen, numHeads, headDim, causal }),
  };
};
const kernelAttentions = [...attentions, attention(32, 4, 64, 32)].map(forward);
const backward = ({ dims, ...rest }: ReturnType<typeof forward>) => ({ ...rest, dims: { ...dims, ...packedDims(dims) } });
const both = (shape: ReturnType<typeof forward>) => ({
  ...backward(shape),
  name: "attention forward+backward",
  withForward: true as const,
});

const pass = { shape: wide, dims: { n } };
const grid = { shape: wide, dims: { rows, cols } };
const gelus = [false, true].map((tanh) => ({ label: tanh ? "tanh" : "erf", shape: wide, dims: { n, tanh } }));
interface Grid {
  rows: number;
  cols: number;
}
/** The usual grid needs no label. */
const gridShape = (sizes: Grid) => {
  const shape = `${sizes.rows}×${sizes.cols}`;
  return shape === wide ? { shape } : { shape, label: shape };
};
const softmax = (sizes: Grid) => ({ ...gridShape(sizes), dims: { outer: sizes.rows, len: sizes.cols, inner: 1 } });
const layerNorm = (sizes: Grid) => ({
  ...gridShape(sizes),
  dims: { ...sizes, eps: f(1e-5) },
  given: ["weight", "bias"] as const,
});
const unary = (label: string, op: number, a = 0, b = 0) => ({ label, shape: wide, dims: { n, op, a, b } });
/** One that waits for memory, and those that compute: by exp, by exp and ln, by the reduction of angles, by products of two numbers. */
const unaries = [
  unary("square", 5),
  unary("sigmoid", 7),
  unary("softplus", 10, 1, 20),
  unary("sin", 14),
  unary("power", 15, 2.5),
] as const;
const lookup = { shape: "2048 of 10000×128", dims: { count: 2048, vocab: 10_000, cols: 128 } };
const heads = { batch: 8, length: 512, numHeads: 8, headDim: 64, tableBatch: 1, pairs: 32, inverse: false };
const losses = { shape: "512×10000", dims: { rows: 512, cols: 10_000, ignoreIndex: -100, smoothing: 0 } };
const pairLoss = (label: string, kind: number) => ({
  ...{ label, shape: wide },
  dims: { n, positiveLen: 0, weightsLen: 0, kind, beta: Number.POSITIVE_INFINITY, scale: 2 },
});
const [squared, logistic] = [pairLoss("squared", 0), pairLoss("of logits", 4)];
const slope = ({ dims, ...rest }: typeof squared) => ({ ...rest, dims: { ...dims, dLoss: f(1 / n), ofTarget: false } });
const speech = { shape: "32×200×64, 30 labels", dims: { batch: 32, frames: 200, classes: 64, targetLen: 30, blank: 0 } };
const pool = { shape: "64×64×512", dims: { batch: 64, len: 64, cols }, given: ["lengths"] as const };

/** The patches of a vision transformer's first layer, and a 3 × 3 convolution. */
const patches = { planes: 24, height: 224, width: 224, kernelHeight: 16, kernelWidth: 16, outHeight: 14, outWidth: 14 };
const square = { planes: 32, height: 56, width: 56, kernelHeight: 3, kernelWidth: 3, outHeight: 56, outWidth: 56 };
const windows = [
  {
    label: "patches",
    shape: "24×224×224 by 16×16",
    dims: { ...patches, strideY: 16, strideX: 16, paddingY: 0, paddingX: 0, dilationY: 1, dilationX: 1 },
  },
  {
    label: "3×3",
    shape: "32×56×56 by 3×3",
    dims: { ...square, strideY: 1, strideX: 1, paddingY: 1, paddingX: 1, dilationY: 1, dilationX: 1 },
  },
] as const;

/** 32 sequences of 64, as wide as an encoder of a small sequence-to-sequence model. */
const recurrent = (label: string, cell: number, numGates: number) => ({
  label,
  shape: "B32 L64 128→128",
  dims: { cell, numGates, hidden: 128, batch: 32, rows: 32 * 64, reverse: false },
});
const lstm = recurrent("LSTM", 2, 4);
const gru = recurrent("GRU", 3, 3);
/** An operand of `yLen` elements that is repeated by `steps` over the usual grid. */
const repeated = (label: string, yLen: number, [stepRow, stepCol]: [number, number]): KernelShape<"binary"> => ({
  ...{ label, shape: wide, dims: { xLen: n, yLen, rank: 2, n, op: 0 }, given: ["axes"] },
  fill: { axes: cycle(rows, cols, stepRow, cols, 1, stepCol) },
});

/** A copy to a contiguous result, from a source `wider` times as long. */
const arranged = (label: string, axes: [size: number, x: number, out: number][], wider = 1): KernelShape<"copyStrided"> => {
  const outLen = axes.reduce((product, [size]) => product * size, 1);
  return {
    ...{ label, shape: label, given: ["axes"], fill: { axes: cycle(...axes.flat()) } },
    dims: { xLen: wider * outLen, outLen, rank: axes.length, xOffset: 0, outOffset: 0 },
  };
};

type Shapes = { [K in KernelName]: readonly [KernelShape<K>, ...KernelShape<K>[]] };

export const kernelShapes = {
  matmul: [matmul(products[0]!), ...products.slice(1).map(matmul), matmul(product(16, 16, 16))], // the last: what a call costs
  attentionForward: [kernelAttentions[0]!, ...kernelAttentions.slice(1)],
  attentionWeights: [forward(attention(32, 4, 64, 32))],
  attentionBackward: [
    backward(kernelAttentions[0]!),
    ...kernelAttentions.slice(1).map(backward),
    ...kernelAttentions.map(both),
    { ...both(forward(attention(1, 1, 16_384, 64))), once: true },
  ],
  softmaxForward: [softmax(softmaxes[0]), ...softmaxes.slice(1).map(softmax)],
  softmaxBackward: [softmax(softmaxes[0])],
  layerNormForward: [layerNorm(layerNorms[0]), ...layerNorms.slice(1).map(layerNorm)],
  layerNormBackward: [{ ...grid, given: ["weight", "dWeight", "dBias"] }],
  rmsNormForward: [{ shape: wide, dims: { rows, cols, eps: f(1e-6) }, given: ["weight"] }],
  rmsNormBackward: [{ ...grid, given: ["weight", "dWeight"] }],
  reluForward: [pass],
  reluBackward: [pass],
  geluForward: [gelus[0]!, gelus[1]!],
  geluBackward: [gelus[0]!, gelus[1]!],
  unaryForward: unaries,
  unaryBackward: unaries,
  dropout: [{ shape: wide, dims: { n, p: f(0.1), key: 12_345 } }],
  embeddingForward: [lookup],
  embeddingBackward: [{ ...lookup, dims: { ...lookup.dims, paddingIdx: -1 } }],
  rotate: [
    { label: "halves", shape: wide, dims: { ...heads, interleaved: false } },
    { label: "interleaved", shape: wide, dims: { ...heads, interleaved: true } },
  ],
  crossEntropyForward: [losses],
  crossEntropyBackward: [losses],
  elementwiseLossForward: [
    { ...squared, given: ["partials"] },
    { ...logistic, given: ["partials"] },
  ],
  elementwiseLossBackward: [slope(squared), slope(logistic)],
  ctcForward: [speech],
  ctcBackward: [speech],
  binary: [
    { label: "same shape", shape: wide, dims: { xLen: n, yLen: n, rank: 0, n, op: 0 } },
    { label: "and a number", shape: wide, dims: { xLen: n, yLen: 1, rank: 0, n, op: 0 } },
    repeated("and a row", cols, [0, 1]),
    repeated("and a column", rows, [1, 0]),
  ],
  ternary: [{ shape: wide, dims: { xLen: n, yLen: n, zLen: n, rank: 0, n, op: 1 } }],
  select: [{ shape: wide, dims: { conditionLen: n, aLen: n, bLen: n, rank: 0, n } }],
  compare: [{ shape: wide, dims: { xLen: n, yLen: n, rank: 0, n, op: 1 } }],
  compareInt32: [{ shape: wide, dims: { xLen: n, yLen: n, rank: 0, n, op: 2 } }],
  scale: [{ shape: wide, dims: { n, factor: 0.5 } }],
  scaleBy: [pass],
  scaleInPlace: [{ shape: wide, dims: { n, factor: -1 } }], // again and again on the same values: they must not shrink to denormals
  accumulate: [pass],
  fill: [{ shape: wide, dims: { n, value: 1 } }],
  copy: [pass],
  copyStrided: [
    arranged(
      "4096×512 of 1536",
      [
        [rows, 3 * cols, cols],
        [cols, 1, 1],
      ],
      3,
    ),
    arranged("4096×512 transposed", [
      [cols, 1, rows],
      [rows, cols, 1],
    ]),
    arranged("2048×2048 transposed", [
      [2048, 1, 2048],
      [2048, 2048, 1],
    ]),
    arranged("32×64×8×64, heads first", [
      [32, 32_768, 32_768],
      [8, 64, 4096],
      [64, 512, 64],
      [64, 1, 1],
    ]),
    arranged("32×64×8×32, heads first", [
      [32, 16_384, 16_384],
      [8, 32, 2048],
      [64, 256, 32],
      [32, 1, 1],
    ]),
    arranged("every second", [[n, 2, 1]], 2),
  ],
  fold: [
    { label: "sum of all", shape: wide, dims: { outer: 1, len: n, inner: 1, op: 0 } },
    { label: "sums of rows", shape: wide, dims: { outer: rows, len: cols, inner: 1, op: 0 } },
    { label: "sums of columns", shape: wide, dims: { outer: 1, len: rows, inner: cols, op: 0 } },
    { label: "maxima of rows", shape: wide, dims: { outer: rows, len: cols, inner: 1, op: 1 } },
    { label: "Σ eˣ of rows", shape: wide, dims: { outer: rows, len: cols, inner: 1, op: 3 }, given: ["shift"] },
  ],
  find: [{ shape: wide, dims: { outer: rows, len: cols, inner: 1 } }],
  topK: [
    { label: "10 of 10000", shape: "200×10000", dims: { rows: 200, len: 10_000, k: 10, smallest: false } },
    { label: "sort", shape: "2000×1000", dims: { rows: 2000, len: 1000, k: 1000, smallest: false } },
  ],
  cumsum: [
    { label: "along rows", shape: wide, dims: { outer: rows, len: cols, inner: 1, backwards: false } },
    { label: "along columns", shape: wide, dims: { outer: 1, len: rows, inner: cols, backwards: false } },
  ],
  gather: [
    { label: "rows", shape: "4096 of 4096×512", dims: { outer: 1, len: rows, count: rows, inner: cols, shared: true } },
    { label: "along rows", shape: wide, dims: { outer: rows, len: cols, count: cols, inner: 1, shared: false } },
  ],
  scatterAdd: [
    { label: "rows", shape: "4096 of 4096×512", dims: { outer: 1, len: rows, count: rows, inner: cols, shared: true } },
    { label: "along rows", shape: wide, dims: { outer: rows, len: cols, count: cols, inner: 1, shared: false } },
  ],
  sumRows: [grid],
  sum: [pass],
  sumSquares: [pass],
  unfoldForward: windows,
  unfoldBackward: windows,
  meanPoolForward: [pool],
  meanPoolBackward: [pool],
  recurrentForward: [
    { ...lstm, given: ["bias", "cells", "cn"] },
    { ...gru, given: ["bias", "cells"] },
  ],
  recurrentBackward: [
    { ...lstm, given: ["cells", "dOut", "before"] },
    { ...gru, given: ["cells", "dOut", "before", "dProducts"] },
  ],
  descend: [
    {
      shape: wide,
      given: ["m", "v"],
      dims: {
        ...{ n, sign: 1, l2: 0, fromM: f(0.9), fromGrad: f(0.1), keepM: f(0.9), gainM: f(0.1), keepV: f(0.999), gainV: f(0.001) },
        ...{ center: 0, scaleV: f(1 / 0.002997), eps: f(1e-8), rate: f(1e-3 / 0.271), decay: f(1e-5), signed: false },
      },
    },
  ],
} satisfies Shapes;

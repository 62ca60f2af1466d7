/**
 * What each kernel is timed on. Those of one pass over memory get 4,096 rows of 512 (8 MiB); the others the shapes of a small
 * transformer and of the figures others publish. A new kernel without an entry does not compile.
 */
import type { Numbers, OptionalName } from "../test/cases/types.ts";
import { attentionDims, packedDims } from "../test/harness/attention.ts";
import type { KernelName } from "../ts/runtime/kernels.gen.ts";

export interface KernelShape<K extends KernelName> {
  /** Behind the kernel's name; what tells two shapes apart. */
  label?: string;
  /** Instead of the kernel's name. */
  name?: string;
  shape: string;
  dims: Numbers<K>;
  given?: readonly OptionalName<K>[];
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

const matmul = (m: number, n: number, k: number, layout: "NN" | "NT" | "TN" = "NN", label?: string): KernelShape<"matmul"> => ({
  label: `${label ?? `${m}×${n}×${k}`} ${layout}`,
  shape: `${m}×${n}×${k}`,
  dims: {
    ...{ batch: 1, aBatch: 1, bBatch: 1, m, n, k, activation: 0 },
    ...{ transposeA: layout[0] === "T", transposeB: layout[1] === "T" },
  },
});

const attention = (batch: number, heads: number, len: number, headDim: number, causal = false) => ({
  label: `L${len}${causal ? " causal" : ""}`,
  shape: `B${batch} H${heads} L${len} D${headDim}`,
  dims: attentionDims({ batch, queryLen: len, keyLen: len, numHeads: heads, headDim, causal }),
});
const attentions = [
  attention(1, 8, 512, 64),
  attention(32, 4, 64, 32),
  attention(1, 8, 2048, 64),
  attention(1, 8, 2048, 64, true),
];
const backward = ({ dims, ...rest }: ReturnType<typeof attention>) => ({ ...rest, dims: { ...dims, ...packedDims(dims) } });
const both = (shape: ReturnType<typeof attention>) => ({
  ...backward(shape),
  name: "attention forward+backward",
  withForward: true as const,
});

const pass = { shape: wide, dims: { n } };
const grid = { shape: wide, dims: { rows, cols } };
const gelus = [false, true].map((tanh) => ({ label: tanh ? "tanh" : "erf", shape: wide, dims: { n, tanh } }));
const softmax = { shape: wide, dims: { outer: rows, len: cols, inner: 1 } };
const lookup = { shape: "2048 of 10000×128", dims: { count: 2048, vocab: 10_000, cols: 128 } };
const losses = { shape: "512×10000", dims: { rows: 512, cols: 10_000, ignoreIndex: -100, smoothing: 0 } };
const pool = { shape: "64×64×512", dims: { batch: 64, len: 64, cols }, given: ["lengths"] as const };

type Shapes = { [K in KernelName]: readonly [KernelShape<K>, ...KernelShape<K>[]] };

export const kernelShapes = {
  matmul: [
    matmul(512, 512, 512, "NN", "512³"),
    matmul(512, 512, 512, "NT", "512³"),
    matmul(512, 512, 512, "TN", "512³"),
    matmul(256, 256, 256, "NN", "256³"),
    matmul(1024, 1024, 1024, "NN", "1024³"),
    matmul(2048, 512, 2048),
    matmul(1, 512, 512),
    matmul(16, 16, 16, "NN", "16³"), // what a call costs
  ],
  attentionForward: [attention(1, 8, 512, 64), ...attentions.slice(1)],
  attentionWeights: [attention(32, 4, 64, 32)],
  attentionBackward: [
    backward(attention(1, 8, 512, 64)),
    ...attentions.slice(1).map(backward),
    ...attentions.map(both),
    { ...both(attention(1, 1, 16_384, 64)), once: true },
  ],
  softmaxForward: [softmax],
  softmaxBackward: [softmax],
  layerNormForward: [{ shape: wide, dims: { rows, cols, eps: f(1e-5) }, given: ["weight", "bias"] }],
  layerNormBackward: [{ ...grid, given: ["weight", "dWeight", "dBias"] }],
  reluForward: [pass],
  reluBackward: [pass],
  geluForward: [gelus[0]!, gelus[1]!],
  geluBackward: [gelus[0]!, gelus[1]!],
  dropout: [{ shape: wide, dims: { n, p: f(0.1), key: 12_345 } }],
  embeddingForward: [lookup],
  embeddingBackward: [{ ...lookup, dims: { ...lookup.dims, paddingIdx: -1 } }],
  crossEntropyForward: [losses],
  crossEntropyBackward: [losses],
  add: [grid],
  multiply: [grid],
  scale: [{ shape: wide, dims: { n, factor: 0.5 } }],
  scaleBy: [pass],
  scaleInPlace: [{ shape: wide, dims: { n, factor: -1 } }], // again and again on the same values: they must not shrink to denormals
  accumulate: [pass],
  fill: [{ shape: wide, dims: { n, value: 1 } }],
  copy: [pass],
  copyStrided: [
    {
      shape: "4096×512 of 1536",
      dims: {
        ...{ xLen: 3 * n, outLen: n, rows, cols, xOffset: cols, xStride: 3 * cols },
        ...{ outOffset: 0, outStride: cols },
      },
    },
  ],
  sumRows: [grid],
  sum: [pass],
  sumSquares: [pass],
  meanPoolForward: [pool],
  meanPoolBackward: [pool],
  adamwStep: [
    {
      shape: wide,
      dims: {
        ...{ n, lr: f(1e-3), beta1: f(0.9), beta2: f(0.999), eps: f(1e-8) },
        ...{ weightDecay: f(0.01), correction1: f(0.271), correction2: f(0.002997) },
      },
    },
  ],
} satisfies Shapes;

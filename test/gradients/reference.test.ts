import { describe, expect, test } from "vitest";
import { type Args, reference } from "../../ts/reference/index.ts";
import { unaries } from "../../ts/reference/unary.ts";
import type { KernelName } from "../../ts/runtime/kernels.gen.ts";
import { float32Values, random } from "../harness/random.ts";
import { attentionGradients } from "./attentionGradients.ts";
import { type Differentiable, expectGradients } from "./centralDifferences.ts";
import { ctcGradients, elementwiseLossGradients } from "./lossGradients.ts";
import { recurrentGradients } from "./recurrentGradients.ts";

type Backward = Extract<KernelName, `${string}Backward`>;

const normal = (length: number, seed = 1) => {
  const rng = random(seed);
  return float32Values(length, () => rng.normal());
};
const zeros = (length: number) => new Float64Array(length);

/** Every backward of the reference with each of its options: a new one without a check does not compile. */
const checks = {
  attentionBackward: attentionGradients,
  crossEntropyBackward: {
    plain: () => crossEntropy({ smoothing: 0 }),
    "label smoothing": () => crossEntropy({ smoothing: 0.2 }),
    "class weights": () => crossEntropy({ smoothing: 0, classWeights: new Float64Array([0.5, 2, 0, 1.5, 1]) }),
    "class weights and smoothing": () => crossEntropy({ smoothing: 0.3, classWeights: new Float64Array([0.5, 2, 0, 1.5, 1]) }),
  },
  ctcBackward: ctcGradients,
  elementwiseLossBackward: elementwiseLossGradients,
  embeddingBackward: {
    "repeated ids": () => embedding(-1),
    "a padding row": () => embedding(2),
  },
  geluBackward: {
    erf: () => elementwise(spread(13), false),
    tanh: () => elementwise(spread(13), true),
  },
  layerNormBackward: {
    affine: () => layerNorm({ weight: normal(5, 2), bias: normal(5, 3) }),
    "weight alone": () => layerNorm({ weight: normal(5, 2) }),
    plain: () => layerNorm({}),
  },
  meanPoolBackward: {
    plain: () => meanPool({}),
    "lengths, one of them 0": () => meanPool({ lengths: new Int32Array([3, 0]) }),
    "keep and lengths": () => meanPool({ lengths: new Int32Array([3, 2]), keep: new Uint8Array([1, 0, 1, 0, 1, 1]) }),
  },
  recurrentBackward: recurrentGradients,
  reluBackward: { "away from the corner": () => relu(normal(17)) },
  rmsNormBackward: {
    affine: () => rmsNorm(normal(5, 2)),
    plain: () => rmsNorm(),
  },
  softmaxBackward: {
    "last axis": () => softmax(3, 5, 1),
    "middle axis": () => softmax(2, 5, 3),
  },
  unaryBackward: Object.fromEntries(unaries.map((_, op) => [`op ${op}`, () => unary(op)])),
  unfoldBackward: {
    "strided and padded": () => unfold({ strideY: 2, strideX: 1, dilationX: 1, outHeight: 2, outWidth: 4 }),
    dilated: () => unfold({ strideY: 1, strideX: 2, dilationX: 2, outHeight: 4, outWidth: 1 }),
  },
} satisfies Record<Backward, Record<string, () => Differentiable>>;

describe.each(Object.entries(checks))("%s is the gradient of its forward", (_, options) => {
  test.each(Object.entries(options))("%s", (_, build) => expectGradients(build()));
});

/** From −6 to 6, where GELU bends, with both sides of 0. */
const spread = (n: number) => float32Values(n, (i) => -6 + (12 * i) / (n - 1) + 0.01);

function elementwise(x: Float64Array, tanh: boolean): Differentiable {
  const n = x.length;
  return {
    inputs: { x },
    forward() {
      const out = zeros(n);
      reference.geluForward({ x, out, n, tanh });
      return [out];
    },
    backward([dOut]) {
      const dX = zeros(n);
      reference.geluBackward({ x, dOut: dOut!, dX, n, tanh });
      return { x: dX };
    },
  };
}

function relu(x: Float64Array): Differentiable {
  const n = x.length;
  return {
    inputs: { x },
    forward() {
      const out = zeros(n);
      reference.reluForward({ x, out, n });
      return [out];
    },
    backward([dOut]) {
      const dX = zeros(n);
      reference.reluBackward({ x, dOut: dOut!, dX, n });
      return { x: dX };
    },
  };
}

/** From 0.3 to 2.6, where all of them are smooth: no clamp at 0.29 or 2.7, no corner at 0. */
function unary(op: number): Differentiable {
  const n = 11;
  const x = float32Values(n, (i) => 0.3 + (2.3 * i) / (n - 1));
  const numbers = { n, op, a: op === 16 ? 0.29 : op === 14 ? 1 : 1.7, b: 2.7 };
  const out = zeros(n);
  return {
    inputs: { x },
    forward() {
      reference.unaryForward({ x, out, ...numbers });
      return [out.slice()];
    },
    backward([dOut]) {
      const dX = zeros(n);
      reference.unaryBackward({ saved: unaries[op]!.of === "x" ? x : out, dOut: dOut!, dX, ...numbers });
      return { x: dX };
    },
  };
}

function softmax(outer: number, len: number, inner: number): Differentiable {
  const x = normal(outer * len * inner);
  const out = zeros(x.length);
  return {
    inputs: { x },
    forward() {
      reference.softmaxForward({ x, out, outer, len, inner });
      return [out.slice()];
    },
    backward([dOut]) {
      const dX = zeros(x.length);
      reference.softmaxBackward({ out, dOut: dOut!, dX, outer, len, inner });
      return { x: dX };
    },
  };
}

function layerNorm({ weight, bias }: { weight?: Float64Array; bias?: Float64Array }): Differentiable {
  const dims = { rows: 3, cols: 5, eps: 1e-3 };
  const x = normal(15);
  const mean = zeros(3);
  const rstd = zeros(3);
  return {
    inputs: { x, ...(weight && { weight }), ...(bias && { bias }) },
    forward() {
      const out = zeros(15);
      reference.layerNormForward({ x, weight, bias, out, mean, rstd, ...dims });
      return [out];
    },
    backward([dOut]) {
      const dX = zeros(15);
      const dWeight = weight && zeros(5);
      const dBias = bias && zeros(5);
      reference.layerNormBackward({ dOut: dOut!, x, weight, mean, rstd, dX, dWeight, dBias, ...dims });
      return { x: dX, ...(dWeight && { weight: dWeight }), ...(dBias && { bias: dBias }) };
    },
  };
}

function rmsNorm(weight?: Float64Array): Differentiable {
  const dims = { rows: 3, cols: 5, eps: 1e-3 };
  const x = normal(15);
  const rstd = zeros(3);
  return {
    inputs: { x, ...(weight && { weight }) },
    forward() {
      const out = zeros(15);
      reference.rmsNormForward({ x, weight, out, rstd, ...dims });
      return [out];
    },
    backward([dOut]) {
      const dX = zeros(15);
      const dWeight = weight && zeros(5);
      reference.rmsNormBackward({ dOut: dOut!, x, weight, rstd, dX, dWeight, ...dims });
      return { x: dX, ...(dWeight && { weight: dWeight }) };
    },
  };
}

type Windows = Pick<Args["unfoldForward"], "strideY" | "strideX" | "dilationX" | "outHeight" | "outWidth">;

function unfold(windows: Windows): Differentiable {
  const kernel = { kernelHeight: 2, kernelWidth: 3, paddingY: 1, paddingX: 1, dilationY: 1 };
  const dims = { planes: 2, height: 3, width: 4, ...kernel, ...windows };
  const x = normal(24);
  const length = 2 * 2 * 3 * windows.outHeight * windows.outWidth;
  return {
    inputs: { x },
    forward() {
      const out = zeros(length);
      reference.unfoldForward({ x, out, ...dims });
      return [out];
    },
    backward([dOut]) {
      const dX = zeros(24);
      reference.unfoldBackward({ dOut: dOut!, dX, ...dims });
      return { x: dX };
    },
  };
}

function embedding(paddingIdx: number): Differentiable {
  const dims = { count: 5, vocab: 4, cols: 3 };
  const ids = new Int32Array([3, 0, 3, 1, 0]); // row 2 is never read: its gradient is 0 whether or not it is padding
  const weight = normal(12);
  return {
    inputs: { weight },
    forward() {
      const out = zeros(15);
      reference.embeddingForward({ ids, weight, out, ...dims });
      return [out];
    },
    backward([dOut]) {
      const dWeight = zeros(12);
      reference.embeddingBackward({ ids, dOut: dOut!, dWeight, ...dims, paddingIdx });
      return { weight: dWeight };
    },
  };
}

function crossEntropy({ smoothing, classWeights }: { smoothing: number; classWeights?: Float64Array }): Differentiable {
  const dims = { rows: 4, cols: 5, ignoreIndex: -100, smoothing };
  const labels = new Int32Array([2, -100, 4, 0]);
  const logits = normal(20);
  const lse = zeros(4);
  return {
    inputs: { logits },
    forward() {
      const losses = zeros(4);
      reference.crossEntropyForward({ logits, labels, classWeights, losses, lse, ...dims });
      return [losses];
    },
    backward([dLosses]) {
      const dLogits = zeros(20);
      reference.crossEntropyBackward({ logits, labels, classWeights, lse, dLosses: dLosses!, dLogits, ...dims });
      return { logits: dLogits };
    },
  };
}

function meanPool({ lengths, keep }: { lengths?: Int32Array; keep?: Uint8Array }): Differentiable {
  const dims = { batch: 2, len: 3, cols: 4 };
  const x = normal(24);
  return {
    inputs: { x },
    forward() {
      const out = zeros(8);
      reference.meanPoolForward({ x, lengths, keep, out, ...dims });
      return [out];
    },
    backward([dOut]) {
      const dX = zeros(24);
      reference.meanPoolBackward({ dOut: dOut!, lengths, keep, dX, ...dims });
      return { x: dX };
    },
  };
}

test("the gradient of a padding row is 0 although the row is read", () => {
  const { backward } = embedding(3);
  const { weight } = backward([normal(15)]);
  expect([...weight!.subarray(9)]).toEqual([0, 0, 0]);
  expect(weight!.subarray(0, 3).every((x) => x !== 0)).toBe(true);
});

test("dropout is its own backward: both are the same factors", () => {
  const x = normal(101);
  const dOut = normal(101, 2);
  const [out, dX] = [zeros(101), zeros(101)];
  reference.dropout({ x, out, n: 101, p: 0.3, key: 5 });
  reference.dropout({ x: dOut, out: dX, n: 101, p: 0.3, key: 5 });
  for (let i = 0; i < 101; i++) expect(dX[i]! * x[i]!).toBeCloseTo(out[i]! * dOut[i]!, 12);
  expect(out.filter((value) => value === 0).length).toBeGreaterThan(15);
  expect(out.filter((value) => value === 0).length).toBeLessThan(46);
});

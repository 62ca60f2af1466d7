import * as ops from "../../ts/ops/index.ts";
import { tensor } from "../../ts/tensor/create.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { awayFromZero, leaf, positive, spaced } from "./leaves.ts";
import type { Checks } from "./opChecks.ts";

/** A reduction over all, one, adjacent and separate axes: `[2, 3, 4, 3]` has room for each. */
const overAxes = (
  fn: (x: Tensor, options: object) => Tensor,
  x: (shape: readonly number[]) => Tensor = (shape) => leaf(shape),
): Checks => ({
  "of all": () => [(x) => fn(x, {}), x([3, 5])],
  "of the last axis": () => [(x) => fn(x, { axis: -1 }), x([3, 5])],
  "of a middle axis, kept": () => [(x) => fn(x, { axis: 1, keepdim: true }), x([2, 4, 2])],
  "of axes side by side": () => [(x) => fn(x, { axis: [1, 2] }), x([2, 2, 2, 2])],
  "of axes apart": () => [(x) => fn(x, { axis: [2, 0] }), x([2, 3, 2])],
  "of axes apart, kept": () => [(x) => fn(x, { axis: [0, -1], keepdim: true }), x([2, 3, 2])],
});

const magnitudes = (): Tensor => tensor(Float32Array.of(1, -3, 2, 0.5, -1.5, 4), [2, 3], { requiresGrad: true });

export const reductionChecks: Record<string, Checks> = {
  cumsum: {
    "last axis": () => [(x) => ops.cumsum(x, -1), leaf([3, 5])],
    "first axis": () => [(x) => ops.cumsum(x, 0), leaf([3, 5])],
  },
  logSoftmax: {
    "last axis": () => [(x) => ops.logSoftmax(x), leaf([3, 7])],
    "middle axis": () => [(x) => ops.logSoftmax(x, { axis: 1 }), leaf([2, 4, 3])],
  },
  logSumExp: overAxes(ops.logSumExp),
  max: overAxes(ops.max, spaced),
  mean: overAxes(ops.mean),
  min: overAxes(ops.min, spaced),
  norm: {
    ...overAxes(ops.norm),
    "p 1, away from its corners": () => [(x) => ops.norm(x, { p: 1, axis: 0 }), awayFromZero([3, 5])],
    "p 3": () => [(x) => ops.norm(x, { p: 3 }), positive([3, 2])],
    "p ∞": () => [(x) => ops.norm(x, { p: Number.POSITIVE_INFINITY, axis: 1 }), magnitudes()],
    "p −∞": () => [(x) => ops.norm(x, { p: Number.NEGATIVE_INFINITY, axis: 1 }), magnitudes()],
  },
  prod: {
    ...overAxes(ops.prod),
    "zeros among them": () => [
      (x) => ops.prod(x, { axis: 1 }),
      tensor(Float32Array.of(2, 0, 3, 0, 5, 0, 1, -2, 4), [3, 3], { requiresGrad: true }),
    ],
  },
  sort: {
    ascending: () => [(x) => ops.sort(x).values, spaced([3, 5])],
    "descending, another axis": () => [(x) => ops.sort(x, { axis: 0, descending: true }).values, spaced([5, 3])],
  },
  std: { ...overAxes(ops.std), "of a population": () => [(x) => ops.std(x, { axis: 0, correction: 0 }), leaf([4, 3])] },
  sum: overAxes(ops.sum),
  topK: {
    "the largest": () => [(x) => ops.topK(x, 2).values, spaced([3, 5])],
    "the smallest, another axis": () => [(x) => ops.topK(x, 3, { axis: 0, largest: false }).values, spaced([5, 3])],
  },
  variance: {
    ...overAxes(ops.variance),
    "of a population": () => [(x) => ops.variance(x, { axis: 0, correction: 0 }), leaf([4, 3])],
  },
};

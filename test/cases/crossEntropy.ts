import { reference } from "../../ts/reference/index.ts";
import { below, constant, cycle, normal, ramp } from "./fills.ts";
import { gradientOrZero } from "./tolerances.ts";
import type { Case, Fill, KernelCases } from "./types.ts";

const lossShapes: readonly (Omit<Case<"crossEntropyForward">, "fill" | "tolerance"> & { logits?: Fill; labels?: Fill })[] = [
  { why: "no rows", dims: { rows: 0, cols: 5, ignoreIndex: -100, smoothing: 0 } },
  { why: "one class: no loss", dims: { rows: 3, cols: 1, ignoreIndex: -100, smoothing: 0 } },
  ...[2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 70].map((cols) => ({
    why: `around the lanes: ${cols}`,
    dims: { rows: 5, cols, ignoreIndex: -100, smoothing: 0 },
  })),
  { why: "a vocabulary", dims: { rows: 3, cols: 10007, ignoreIndex: -100, smoothing: 0.1 } },
  { why: "ignored rows by −100", dims: { rows: 7, cols: 6, ignoreIndex: -100, smoothing: 0 }, labels: cycle(2, -100, 5, 0) },
  { why: "ignored rows by a class", dims: { rows: 7, cols: 6, ignoreIndex: 2, smoothing: 0.1 }, labels: cycle(2, 1, 5, 0) },
  { why: "all ignored", dims: { rows: 3, cols: 5, ignoreIndex: -1, smoothing: 0 }, labels: constant(-1) },
  { why: "smoothing", dims: { rows: 5, cols: 11, ignoreIndex: -100, smoothing: 0.2 } },
  { why: "all smooth", dims: { rows: 5, cols: 11, ignoreIndex: -100, smoothing: 1 } },
  { why: "class weights", dims: { rows: 9, cols: 7, ignoreIndex: -100, smoothing: 0 }, given: ["classWeights"] },
  {
    ...{ why: "class weights, smoothing, ignored rows", dims: { rows: 9, cols: 13, ignoreIndex: -100, smoothing: 0.3 } },
    ...{ given: ["classWeights"], labels: cycle(2, -100, 5, 0) },
  },
  { why: "large logits", dims: { rows: 5, cols: 9, ignoreIndex: -100, smoothing: 0 }, logits: normal(100) },
  { why: "offset 1e4", dims: { rows: 5, cols: 9, ignoreIndex: -100, smoothing: 0 }, logits: normal(1, 1e4) },
  {
    why: "1e30 apart, the label largest",
    dims: { rows: 2, cols: 3, ignoreIndex: -1, smoothing: 0 },
    logits: cycle(1e30, 0, -1e30),
    labels: constant(0),
  },
  {
    why: "−∞ where another class is excluded",
    dims: { rows: 2, cols: 3, ignoreIndex: -1, smoothing: 0 },
    logits: cycle(1, -Infinity, 2),
    labels: cycle(0, 2),
  },
  { why: "many tasks", dims: { rows: 503, cols: 137, ignoreIndex: -100, smoothing: 0.1 }, spreads: true },
];

const withFills = ({ logits, labels, ...rest }: (typeof lossShapes)[number]) => ({
  ...rest,
  fill: { ...(logits && { logits }), ...(labels && { labels }) },
});

export const crossEntropyForward: KernelCases<"crossEntropyForward"> = {
  fill: { logits: normal(2), labels: below("cols"), classWeights: ramp(0.25, 2) },
  tolerance: {
    losses: { factor: 2, absolute: 1e-6, relative: 1e-6, zeros: "exact", source: "flash-attention tests 1e-6 + 1e-5 · |loss|" },
    lse: { factor: 2, absolute: 1e-6, relative: 2.4e-7, source: "rounding of a sum near the largest logit" },
  },
  cases: lossShapes.map(withFills),
};

export const crossEntropyBackward: KernelCases<"crossEntropyBackward"> = {
  fill: { logits: normal(2), labels: below("cols"), classWeights: ramp(0.25, 2), dLosses: normal(), lse: constant(0) },
  derive: (args) => reference.crossEntropyForward({ ...args, losses: new Float64Array(args.rows) }),
  tolerance: { dLogits: gradientOrZero },
  cases: lossShapes.map(withFills),
};

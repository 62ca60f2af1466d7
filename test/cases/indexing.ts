import { below, cycle, normal } from "./fills.ts";
import { rounding } from "./tolerances.ts";
import type { Fill, KernelCases } from "./types.ts";

/** Whole numbers and what is special: equal ones, both zeros, NaN, infinities. */
const ties: Fill = ({ rng }) => [Number.NaN, Infinity, -Infinity, 0, -0][rng.below(40)] ?? rng.below(50) - 25;

export const topK: KernelCases<"topK"> = {
  fill: { x: normal() },
  tolerance: { values: "exact", indices: "exact" },
  cases: [false, true].flatMap((smallest) => [
    { why: `no rows, smallest ${smallest}`, dims: { rows: 0, len: 5, k: 2, smallest } },
    { why: `k 0, smallest ${smallest}`, dims: { rows: 3, len: 5, k: 0, smallest } },
    ...[1, 2, 3, 7, 8].map((k) => ({ why: `${k} of 8, smallest ${smallest}`, dims: { rows: 5, len: 8, k, smallest } })),
    { why: `a sort of ties, smallest ${smallest}`, dims: { rows: 3, len: 301, k: 301, smallest }, fill: { x: ties } },
    { why: `the best of ties, smallest ${smallest}`, dims: { rows: 3, len: 1009, k: 5, smallest }, fill: { x: ties } },
    { why: `several tasks, smallest ${smallest}`, dims: { rows: 307, len: 2003, k: 10, smallest }, spreads: true as const },
  ]),
};

const sizes = [
  { why: "no items", dims: { outer: 0, len: 3, count: 2, inner: 5 } },
  { why: "no indices", dims: { outer: 2, len: 3, count: 0, inner: 5 } },
  { why: "one", dims: { outer: 1, len: 1, count: 1, inner: 1 } },
  { why: "along rows", dims: { outer: 6, len: 11, count: 5, inner: 1 } },
  { why: "more indices than positions", dims: { outer: 2, len: 3, count: 17, inner: 4 } },
  { why: "along the first axis", dims: { outer: 1, len: 67, count: 31, inner: 13 } },
  { why: "along a middle axis", dims: { outer: 5, len: 7, count: 9, inner: 6 } },
  { why: "one long axis", dims: { outer: 1, len: 40_003, count: 20_011, inner: 1 } },
  { why: "several tasks", dims: { outer: 37, len: 61, count: 53, inner: 131 }, spreads: true as const },
  { why: "several tasks, the first axis", dims: { outer: 1, len: 1009, count: 2003, inner: 131 }, spreads: true as const },
].flatMap(({ why, dims, ...rest }) =>
  [false, true].map((shared) => ({ ...rest, why: `${why}, shared ${shared}`, dims: { ...dims, shared } })),
);

export const gather: KernelCases<"gather"> = {
  fill: { x: normal(), index: below("len") },
  tolerance: { out: "exact" },
  cases: sizes,
};

export const scatterAdd: KernelCases<"scatterAdd"> = {
  fill: { x: normal(), index: below("len"), out: normal() },
  tolerance: { out: rounding },
  cases: [
    ...sizes,
    { why: "all to one place", dims: { outer: 1, len: 3, count: 100, inner: 5, shared: true }, fill: { index: cycle(1) } },
  ],
};

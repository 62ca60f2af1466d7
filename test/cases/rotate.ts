import { normal } from "./fills.ts";
import { rounding } from "./tolerances.ts";
import type { Case, KernelCases } from "./types.ts";

interface Heads {
  why: string;
  dims: Omit<Case<"rotate">["dims"], "interleaved" | "inverse">;
  spreads?: true;
}

const one = { batch: 2, length: 3, numHeads: 2, tableBatch: 1 };

const heads: readonly Heads[] = [
  { why: "no tokens", dims: { batch: 2, length: 0, numHeads: 3, headDim: 4, tableBatch: 2, pairs: 2 } },
  { why: "no items", dims: { batch: 0, length: 3, numHeads: 3, headDim: 4, tableBatch: 1, pairs: 2 } },
  { why: "no channels", dims: { ...one, headDim: 0, pairs: 0 } },
  { why: "no pairs: a copy", dims: { ...one, headDim: 5, pairs: 0 } },
  ...[1, 2, 3, 4, 5, 7, 8, 9, 17, 33].map((pairs) => ({
    why: `around the lanes: ${pairs} pairs`,
    dims: { ...one, headDim: 2 * pairs, pairs },
  })),
  { why: "part of each head", dims: { ...one, headDim: 15, pairs: 5 } },
  { why: "one channel is left over", dims: { ...one, headDim: 9, pairs: 4 } },
  { why: "a table for each item", dims: { batch: 3, length: 5, numHeads: 2, headDim: 14, tableBatch: 3, pairs: 7 } },
  {
    ...{ why: "several tasks", spreads: true as const },
    dims: { batch: 7, length: 131, numHeads: 9, headDim: 37, tableBatch: 1, pairs: 17 },
  },
  {
    ...{ why: "several tasks, a table for each item", spreads: true as const },
    dims: { batch: 5, length: 127, numHeads: 11, headDim: 38, tableBatch: 5, pairs: 19 },
  },
  { why: "a token larger than a task", dims: { batch: 1, length: 2, numHeads: 257, headDim: 66, tableBatch: 1, pairs: 33 } },
];

const ways = [
  { interleaved: false, inverse: false },
  { interleaved: false, inverse: true },
  { interleaved: true, inverse: false },
  { interleaved: true, inverse: true },
];

export const rotate: KernelCases<"rotate"> = {
  fill: { x: normal(), cos: normal(), sin: normal() },
  tolerance: { out: rounding },
  cases: heads.flatMap(({ why, dims, ...rest }) =>
    ways.map((way) => ({
      why: `${why}${way.interleaved ? ", interleaved" : ""}${way.inverse ? ", back" : ""}`,
      dims: { ...dims, ...way },
      ...rest,
    })),
  ),
};

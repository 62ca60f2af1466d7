import { reference } from "../../ts/reference/index.ts";
import { constant, cycle, normal, withAt } from "./fills.ts";
import { gradient } from "./tolerances.ts";
import type { Bound, Fill, KernelCases } from "./types.ts";

interface SoftmaxShape {
  why: string;
  dims: { outer: number; len: number; inner: number };
  fill?: Fill;
  spreads?: true;
}

const softmaxShapes: readonly SoftmaxShape[] = [
  { why: "no rows", dims: { outer: 0, len: 3, inner: 1 } },
  { why: "empty rows", dims: { outer: 3, len: 0, inner: 1 } },
  { why: "a row of one is 1", dims: { outer: 5, len: 1, inner: 1 } },
  ...[2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 67].map((len) => ({
    why: `around the lanes: ${len}`,
    dims: { outer: 3, len, inner: 1 },
  })),
  ...[1023, 1024, 1025, 4099].map((len) => ({ why: `around blocks of sums: ${len}`, dims: { outer: 2, len, inner: 1 } })),
  ...[2, 3, 4, 5, 7, 19, 63, 64, 65, 131].map((inner) => ({
    why: `a middle axis, ${inner} inside`,
    dims: { outer: 3, len: 11, inner },
  })),
  { why: "one item of a middle axis", dims: { outer: 1, len: 1, inner: 6 } },
  { why: "large and apart: only the largest counts", dims: { outer: 7, len: 13, inner: 1 }, fill: normal(100) },
  { why: "offset 1e4: subtract the largest first", dims: { outer: 5, len: 9, inner: 1 }, fill: normal(3, 1e4) },
  { why: "1e30 apart", dims: { outer: 2, len: 3, inner: 1 }, fill: cycle(1e30, 0, -1e30) },
  { why: "at float32's limit", dims: { outer: 2, len: 3, inner: 1 }, fill: cycle(3e38, 3e38, -3e38) },
  { why: "constant rows are 1/len", dims: { outer: 3, len: 6, inner: 1 }, fill: constant(-7.5) },
  { why: "some −∞", dims: { outer: 3, len: 7, inner: 1 }, fill: withAt(normal(), { 0: -Infinity, 6: -Infinity, 9: -Infinity }) },
  { why: "many tasks", dims: { outer: 601, len: 131, inner: 1 }, spreads: true },
  { why: "many tasks, middle axis", dims: { outer: 67, len: 41, inner: 37 }, spreads: true },
];

/** Not a number only in its own row. */
const softmaxNaN: SoftmaxShape[] = [
  {
    why: "a row of −∞ is NaN, others are not",
    dims: { outer: 3, len: 5, inner: 1 },
    fill: withAt(normal(), rowOf(5, 5, -Infinity)),
  },
  { why: "a NaN stays in its row", dims: { outer: 3, len: 6, inner: 1 }, fill: withAt(normal(), { 8: Number.NaN }) },
  { why: "+∞ makes its row NaN", dims: { outer: 3, len: 6, inner: 1 }, fill: withAt(normal(), { 8: Infinity }) },
  { why: "a NaN stays in its column", dims: { outer: 2, len: 3, inner: 6 }, fill: withAt(normal(), { 20: Number.NaN }) },
];

function rowOf(start: number, count: number, value: number): Record<number, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [start + i, value]));
}

const softmaxBound = {
  factor: 2,
  absolute: 2e-7,
  source: "plain loops reach it; ONNX and tfjs test the large values",
} satisfies Bound;

export const softmaxForward: KernelCases<"softmaxForward"> = {
  fill: { x: normal(3) },
  tolerance: { out: softmaxBound },
  cases: [...softmaxShapes, ...softmaxNaN].map(({ fill, ...shape }) => ({ ...shape, ...(fill && { fill: { x: fill } }) })),
};

export const softmaxBackward: KernelCases<"softmaxBackward"> = {
  fill: { out: normal(3), dOut: normal() },
  derive: ({ out, outer, len, inner }) => reference.softmaxForward({ x: out.slice(), out, outer, len, inner }),
  tolerance: { dX: { ...gradient, absolute: 1e-7 } },
  cases: softmaxShapes.map(({ fill, ...shape }) => ({ ...shape, ...(fill && { fill: { out: fill } }) })),
};

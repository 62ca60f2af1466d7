import { lengths } from "./activations.ts";
import { normal } from "./fills.ts";
import type { KernelCases } from "./types.ts";

/** rows × cols: around the lanes in one row, a broadcast over rows, and several tasks. */
const tables: readonly { why: string; dims: { rows: number; cols: number }; spreads?: true }[] = [
  { why: "no rows", dims: { rows: 0, cols: 5 } },
  { why: "no columns", dims: { rows: 3, cols: 0 } },
  { why: "one", dims: { rows: 1, cols: 1 } },
  ...[1, 2, 3, 4, 5, 7, 8, 9, 17, 131].map((cols) => ({ why: `around the lanes: ${cols}`, dims: { rows: 6, cols } })),
  { why: "one row: the same shape", dims: { rows: 1, cols: 1009 } },
  { why: "several tasks, repeated", dims: { rows: 1031, cols: 257 }, spreads: true },
  { why: "several tasks, one row", dims: { rows: 1, cols: 300_007 }, spreads: true },
];

export const add: KernelCases<"add"> = { fill: { x: normal(), y: normal() }, tolerance: { out: "exact" }, cases: tables };
export const multiply: KernelCases<"multiply"> = {
  fill: { x: normal(), y: normal() },
  tolerance: { out: "exact" },
  cases: tables,
};

const byLength = <More extends object>(more: More) => lengths.map(({ n, ...rest }) => ({ ...rest, dims: { n, ...more } }));

export const scale: KernelCases<"scale"> = {
  fill: { x: normal() },
  tolerance: { out: "exact" },
  cases: byLength({ factor: Math.fround(-1.7) }),
};
export const scaleInPlace: KernelCases<"scaleInPlace"> = {
  fill: { x: normal() },
  tolerance: { x: "exact" },
  cases: byLength({ factor: Math.fround(0.3) }),
};
export const scaleBy: KernelCases<"scaleBy"> = {
  fill: { x: normal(), factor: normal() },
  tolerance: { out: "exact" },
  cases: byLength({}),
};
export const accumulate: KernelCases<"accumulate"> = {
  fill: { x: normal(), sum: normal() },
  tolerance: { sum: "exact" },
  cases: byLength({}),
};
export const copy: KernelCases<"copy"> = { fill: { x: normal() }, tolerance: { out: "exact" }, cases: byLength({}) };
export const fill: KernelCases<"fill"> = { fill: {}, tolerance: { out: "exact" }, cases: byLength({ value: Math.fround(3.3) }) };

export const copyStrided: KernelCases<"copyStrided"> = {
  fill: { x: normal(), out: normal() },
  tolerance: { out: "exact" },
  cases: [
    { why: "no rows", dims: { xLen: 5, outLen: 7, rows: 0, cols: 3, xOffset: 0, xStride: 3, outOffset: 0, outStride: 3 } },
    {
      why: "a column out of a table",
      dims: { xLen: 35, outLen: 7, rows: 7, cols: 1, xOffset: 3, xStride: 5, outOffset: 0, outStride: 1 },
    },
    {
      why: "the middle third of rows",
      dims: { xLen: 99, outLen: 33, rows: 3, cols: 11, xOffset: 11, xStride: 33, outOffset: 0, outStride: 11 },
    },
    {
      why: "into a wider table: what is between stays",
      dims: { xLen: 15, outLen: 29, rows: 3, cols: 5, xOffset: 0, xStride: 5, outOffset: 2, outStride: 9 },
    },
    {
      why: "one row again and again",
      dims: { xLen: 9, outLen: 28, rows: 4, cols: 7, xOffset: 1, xStride: 0, outOffset: 0, outStride: 7 },
    },
    {
      ...{ why: "several tasks", spreads: true as const },
      dims: {
        xLen: 1031 * 401,
        outLen: 1031 * 397,
        rows: 1031,
        cols: 393,
        xOffset: 8,
        xStride: 401,
        outOffset: 2,
        outStride: 397,
      },
    },
  ],
};

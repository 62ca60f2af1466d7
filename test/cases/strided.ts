import { cycle, normal } from "./fills.ts";
import type { KernelCases } from "./types.ts";

interface Arrangement {
  why: string;
  /** `[size, stride of x, stride of out]` for each axis. */
  axes: readonly (readonly [number, number, number])[];
  xOffset?: number;
  outOffset?: number;
  spreads?: true;
}

const transposed = (rows: number, cols: number): Arrangement["axes"] => [
  [cols, 1, rows],
  [rows, cols, 1],
];

const arrangements: readonly Arrangement[] = [
  { why: "one element", axes: [], xOffset: 3, outOffset: 2 },
  {
    why: "nothing",
    axes: [
      [3, 1, 1],
      [0, 1, 1],
    ],
  },
  { why: "a row", axes: [[17, 1, 1]], xOffset: 2, outOffset: 1 },
  { why: "backwards", axes: [[17, -1, 1]], xOffset: 16 },
  { why: "one element repeated", axes: [[19, 0, 1]], xOffset: 4 },
  { why: "every third", axes: [[7, 3, 1]], xOffset: 2 },
  { why: "to every third: what is between stays", axes: [[7, 1, 3]], outOffset: 2 },
  { why: "a column out of a table", axes: [[7, 5, 1]], xOffset: 3 },
  {
    why: "the middle third of rows",
    axes: [
      [3, 33, 11],
      [11, 1, 1],
    ],
    xOffset: 11,
  },
  {
    why: "into a wider table",
    axes: [
      [3, 5, 9],
      [5, 1, 1],
    ],
    outOffset: 2,
  },
  {
    why: "one row again and again",
    axes: [
      [4, 0, 7],
      [7, 1, 1],
    ],
    xOffset: 1,
  },
  ...[1, 3, 4, 5, 15, 16, 17, 33].map((rows) => ({
    why: `transposed ${rows} × 21, around lanes and cache lines`,
    axes: transposed(rows, 21),
  })),
  { why: "transposed, more columns than a block", axes: transposed(1031, 19) },
  {
    why: "heads before tokens",
    axes: [
      [2, 84, 84],
      [3, 4, 28],
      [7, 12, 4],
      [4, 1, 1],
    ],
  },
  {
    why: "tokens last",
    axes: [
      [2, 84, 84],
      [3, 4, 28],
      [4, 1, 7],
      [7, 12, 1],
    ],
  },
  {
    why: "four axes in reverse",
    axes: [
      [7, 1, 60],
      [5, 7, 12],
      [4, 35, 3],
      [3, 140, 1],
    ],
  },
  {
    why: "a transpose of rows backwards",
    axes: [
      [6, 1, 5],
      [5, -6, 1],
    ],
    xOffset: 24,
  },
  {
    why: "many small planes",
    axes: [
      [500, 6, 6],
      [2, 1, 3],
      [3, 2, 1],
    ],
  },
  {
    why: "a plane within another, every second column",
    axes: [
      [5, 9, 40],
      [4, 2, 8],
      [3, 1, 2],
    ],
    outOffset: 11,
  },
  { why: "several tasks, transposed", axes: transposed(1031, 257), spreads: true },
  {
    why: "several tasks, rows",
    axes: [
      [1031, 401, 397],
      [393, 1, 1],
    ],
    xOffset: 8,
    outOffset: 2,
    spreads: true,
  },
  { why: "several tasks, backwards", axes: [[300_007, -1, 1]], xOffset: 300_006, spreads: true },
];

const reach = (axes: Arrangement["axes"], stride: 1 | 2): number =>
  axes.reduce((most, axis) => most + Math.max(0, (axis[0] - 1) * axis[stride]), 0);

export const copyStrided: KernelCases<"copyStrided"> = {
  fill: { x: normal(), out: normal() },
  tolerance: { out: "exact" },
  cases: arrangements.map(({ axes, xOffset = 0, outOffset = 0, ...rest }) => ({
    ...rest,
    given: ["axes"],
    dims: {
      ...{ rank: axes.length, xOffset, outOffset },
      ...{ xLen: xOffset + reach(axes, 1) + 2, outLen: outOffset + reach(axes, 2) + 3 },
    },
    fill: { axes: cycle(...axes.flat()) },
  })),
};

import { normal } from "./fills.ts";
import { rounding } from "./tolerances.ts";
import type { Bound, Case, KernelCases, Numbers } from "./types.ts";

type Sizes = Pick<Numbers<"matmul">, "m" | "n" | "k"> & Partial<Numbers<"matmul">>;

const matmul = (why: string, sizes: Sizes, more: Partial<Case<"matmul">> = {}): Case<"matmul"> => {
  const batch = sizes.batch ?? 1;
  return {
    why,
    dims: { batch, aBatch: batch, bBatch: batch, transposeA: false, transposeB: false, activation: 0, ...sizes },
    ...more,
  };
};

const gelu = { factor: 2, absolute: 1e-6, relative: 2.4e-7, source: "GELU's approximations: 1e-6" } satisfies Bound;
const layouts = [
  { transposeA: false, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: false },
  { transposeA: true, transposeB: true },
];
const named = ({ transposeA, transposeB }: (typeof layouts)[number]) => `${transposeA ? "T" : "N"}${transposeB ? "T" : "N"}`;

/**
 * Sizes at the edges of lanes (4), panels (8), tiles (6 rows, 4 without a fused multiply-add), the switches to packing (3 rows) and to packing beforehand (48) and blocks (96, 48 or
 * 24 rows, 256 or 64 columns, 256 steps).
 */
const edges: readonly [string, Sizes][] = [
  ["one of everything", { m: 1, n: 1, k: 1 }],
  ["no terms: 0 plus the bias", { m: 3, n: 5, k: 0 }],
  ["no rows", { m: 0, n: 5, k: 3 }],
  ["no columns", { m: 3, n: 0, k: 5 }],
  ["a row by a matrix", { m: 1, n: 37, k: 29 }],
  ["a matrix by a column", { m: 31, n: 1, k: 23 }],
  ["one below the lanes", { m: 2, n: 3, k: 5 }],
  ["the lanes", { m: 3, n: 4, k: 8 }],
  ["one above the lanes", { m: 4, n: 5, k: 3 }],
  ["one row too few to pack", { m: 2, n: 17, k: 11 }],
  ["just enough rows to pack", { m: 3, n: 15, k: 13 }],
  ["one below three panels", { m: 9, n: 23, k: 7 }],
  ["one above three panels", { m: 11, n: 25, k: 19 }],
  ["six panels and a lane", { m: 13, n: 52, k: 17 }],
  ...Array.from({ length: 7 }, (_, i): [string, Sizes] => [`${i} rows over three tiles`, { m: 18 + i, n: 11, k: 5 }]),
  ["one row too few to pack beforehand, more columns than a task has", { m: 47, n: 67, k: 261 }],
  ["just enough rows to pack beforehand", { m: 48, n: 13, k: 6 }],
  ["one row and one column over a small block", { m: 73, n: 65, k: 31 }],
  ["one row and one column over a large block", { m: 97, n: 257, k: 31 }],
  ["one term over a block", { m: 10, n: 12, k: 257 }],
  ["two blocks of terms and one", { m: 5, n: 6, k: 513 }],
  ["one below the width from which a transposed a is packed", { m: 511, n: 6, k: 35 }],
  ["that width, and more than a block", { m: 517, n: 6, k: 35 }],
  ["primes", { m: 37, n: 41, k: 43 }],
];

export const matmulCases: KernelCases<"matmul"> = {
  fill: { a: normal(), b: normal(), bias: normal() },
  tolerance: { out: rounding, pre: rounding },
  cases: [
    ...edges.flatMap(([why, sizes]) =>
      layouts.map((layout) => matmul(`${why}, ${named(layout)}`, { ...sizes, ...layout }, { given: ["bias"] })),
    ),
    ...layouts.map((layout) => matmul(`batches, ${named(layout)}`, { batch: 3, m: 9, n: 14, k: 6, ...layout })),
    ...layouts.map((layout) => matmul(`one a for all, ${named(layout)}`, { batch: 3, aBatch: 1, m: 9, n: 14, k: 6, ...layout })),
    ...layouts.map((layout) => matmul(`one b for all, ${named(layout)}`, { batch: 2, bBatch: 1, m: 10, n: 7, k: 5, ...layout })),
    ...layouts.map((layout) => matmul(`batches packed beforehand, ${named(layout)}`, { batch: 3, m: 51, n: 9, k: 7, ...layout })),
    matmul("one b for all, packed beforehand", { batch: 3, bBatch: 1, m: 49, n: 11, k: 5 }),
    matmul("no batch", { batch: 0, m: 3, n: 4, k: 5 }),
    ...[3, 19].flatMap((m) => [
      matmul(`ReLU, ${m} rows`, { m, n: 21, k: 13, activation: 1 }, { given: ["bias", "pre"] }),
      matmul(`GELU, ${m} rows`, { m, n: 22, k: 11, activation: 2 }, { given: ["bias", "pre"], tolerance: { out: gelu } }),
      matmul(`GELU by tanh, ${m} rows`, { m, n: 23, k: 9, activation: 3 }, { given: ["bias", "pre"], tolerance: { out: gelu } }),
      matmul(`pre without an activation, ${m} rows`, { m, n: 6, k: 7 }, { given: ["pre"] }),
    ]),
    matmul("long sums of one sign: rounding adds up", { m: 9, n: 10, k: 1031 }, { fill: { a: normal(1, 3), b: normal(1, 2) } }),
    matmul("1e4 apart and cancelling", { m: 9, n: 5, k: 64 }, { fill: { a: normal(1, 1e4), b: normal() } }),
    ...[
      { m: 37, n: 131, k: 523 },
      { m: 131, n: 37, k: 523 },
    ].map((sizes) =>
      matmul(
        `a weight's gradient, ${sizes.m > sizes.n ? "tall" : "wide"}`,
        { ...sizes, transposeA: true, activation: 1 },
        { given: ["bias", "pre"], spreads: true },
      ),
    ),
    ...layouts.map((layout) =>
      matmul(`several tasks, ${named(layout)}`, { m: 131, n: 263, k: 61, ...layout }, { spreads: true }),
    ),
  ],
};

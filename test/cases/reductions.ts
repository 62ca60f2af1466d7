import { flags, normal } from "./fills.ts";
import { gradientOrZero, rounding, roundingOrZero } from "./tolerances.ts";
import type { Case, Fill, KernelCases } from "./types.ts";

/** Around the lanes and around a block of 4,096. */
const lengths: readonly { why: string; n: number; x?: Fill; spreads?: true }[] = [
  { why: "nothing: no partial", n: 0 },
  ...[1, 3, 4, 5, 17, 1023, 1025, 4095, 4096, 4097, 8192, 9001].map((n) => ({ why: `around lanes and blocks: ${n}`, n })),
  { why: "one sign: rounding adds up", n: 5003, x: normal(1, 1e4) },
  { why: "NaN stays in its block", n: 9001, x: ({ index, rng }) => (index === 5000 ? Number.NaN : rng.normal()) },
  { why: "several tasks", n: 600_011, spreads: true },
];

const byLength = lengths.map(({ n, x, ...rest }) => ({ ...rest, dims: { n }, ...(x && { fill: { x } }) }));

export const sum: KernelCases<"sum"> = { fill: { x: normal() }, tolerance: { partials: rounding }, cases: byLength };
export const sumSquares: KernelCases<"sumSquares"> = {
  fill: { x: normal() },
  tolerance: { partials: rounding },
  cases: byLength,
};

export const sumRows: KernelCases<"sumRows"> = {
  fill: { x: normal() },
  tolerance: { out: rounding },
  cases: [
    { why: "no rows: zeros", dims: { rows: 0, cols: 5 } },
    { why: "no columns", dims: { rows: 3, cols: 0 } },
    ...[1, 2, 3, 4, 5, 7, 9, 33].map((cols) => ({ why: `around the lanes: ${cols}`, dims: { rows: 6, cols } })),
    ...[63, 64, 65, 128, 131].map((rows) => ({ why: `around blocks of 64 rows: ${rows}`, dims: { rows, cols: 11 } })),
    { why: "one sign: rounding adds up", dims: { rows: 1009, cols: 7 }, fill: { x: normal(1, 1e3) } },
    { why: "several tasks", dims: { rows: 1031, cols: 263 }, spreads: true },
  ],
};

// --- mean over positions: [batch, len, cols]

const pools: readonly (Omit<Case<"meanPoolForward">, "fill" | "tolerance"> & { lengths?: Fill; keep?: Fill })[] = [
  { why: "no items", dims: { batch: 0, len: 3, cols: 5 } },
  { why: "no positions: 0", dims: { batch: 2, len: 0, cols: 5 } },
  ...[1, 2, 3, 4, 5, 7, 9, 17, 67].map((cols) => ({ why: `around the lanes: ${cols}`, dims: { batch: 3, len: 6, cols } })),
  {
    why: "lengths, one 0 and one 1",
    dims: { batch: 3, len: 5, cols: 7 },
    given: ["lengths"],
    lengths: ({ index }) => [5, 0, 1][index]!,
  },
  { why: "keep", dims: { batch: 3, len: 11, cols: 6 }, given: ["keep"] },
  { why: "keep nothing", dims: { batch: 2, len: 4, cols: 3 }, given: ["keep"], keep: () => 0 },
  {
    why: "both",
    dims: { batch: 4, len: 13, cols: 5 },
    given: ["lengths", "keep"],
    lengths: ({ index }) => [13, 1, 0, 7][index]!,
  },
  {
    why: "several tasks",
    dims: { batch: 61, len: 37, cols: 131 },
    given: ["lengths"],
    lengths: ({ index }) => (index * 7) % 38,
    spreads: true,
  },
];

const withFills = ({ lengths, keep, ...rest }: (typeof pools)[number]) => ({
  ...rest,
  fill: { ...(lengths && { lengths }), ...(keep && { keep }) },
});

export const meanPoolForward: KernelCases<"meanPoolForward"> = {
  fill: { x: normal(), lengths: ({ dims }) => dims.len!, keep: flags(0.6) },
  tolerance: { out: roundingOrZero },
  cases: [
    ...pools.map(withFills),
    {
      ...{ why: "NaN where it does not count", dims: { batch: 2, len: 3, cols: 5 }, given: ["lengths"] },
      fill: {
        lengths: ({ index }) => [2, 3][index]!,
        x: ({ index, rng }) => (index >= 10 && index < 15 ? Number.NaN : rng.normal()),
      },
    },
  ],
};

export const meanPoolBackward: KernelCases<"meanPoolBackward"> = {
  fill: { dOut: normal(), lengths: ({ dims }) => dims.len!, keep: flags(0.6) },
  tolerance: { dX: gradientOrZero },
  cases: pools.map(withFills),
};

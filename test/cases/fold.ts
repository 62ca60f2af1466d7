import { normal, withAt } from "./fills.ts";
import { rounding } from "./tolerances.ts";
import type { Case, Fill, KernelCases } from "./types.ts";

interface Sizes {
  why: string;
  dims: { outer: number; len: number; inner: number };
  spreads?: true;
}

const sizes = (why: string, outer: number, len: number, inner: number): Sizes => ({ why, dims: { outer, len, inner } });

const rows: readonly Sizes[] = [
  ...[1, 3, 4, 5, 15, 16, 17, 67].map((len) => sizes(`rows around the lanes: ${len}`, 6, len, 1)),
  ...[1023, 1025, 2500].map((len) => sizes(`rows around a block: ${len}`, 3, len, 1)),
  ...[16_384, 16_385, 40_001].map((len) => sizes(`a row around a piece: ${len}`, 1, len, 1)),
  { ...sizes("several tasks, rows", 1031, 257, 1), spreads: true },
  { ...sizes("several tasks, one row", 1, 600_011, 1), spreads: true },
];
const columns: readonly Sizes[] = [
  ...[1, 2, 3, 5, 17].map((inner) => sizes(`columns around the lanes: ${inner}`, 3, 7, inner)),
  ...[63, 64, 65, 131].map((len) => sizes(`columns around a piece: ${len}`, 2, len, 11)),
  ...[1023, 1025].map((inner) => sizes(`columns around those of a task: ${inner}`, 2, 70, inner)),
  { ...sizes("several tasks, columns", 3, 263, 509), spreads: true },
];
const nothing = [sizes("no rows", 0, 3, 5), sizes("no columns", 3, 3, 0)];
const ofNone = [sizes("rows of nothing", 4, 0, 1), sizes("columns of nothing", 2, 0, 5)];

/** Whole numbers, so that one is found more than once. */
const whole: Fill = ({ rng }) => rng.below(9) - 4;

const everyOp = [0, 1, 2, 3, 4, 5].flatMap((op): Case<"fold">[] => {
  const tried = op === 0 || op === 3 ? [...rows, ...columns] : [...rows.slice(0, 11), ...columns.slice(0, 9)];
  const extremes = op === 1 || op === 2 ? { tolerance: { out: "exact" as const } } : {};
  const fill = op === 5 ? { fill: { x: whole, shift: whole } } : {};
  return [...tried, ...nothing, ...ofNone].map(({ why, dims, ...rest }) => ({
    ...{ ...rest, ...extremes, ...fill },
    ...(op > 2 && { given: ["shift" as const] }),
    why: `op ${op}, ${why}`,
    dims: { ...dims, op },
  }));
});

export const fold: KernelCases<"fold"> = {
  fill: { x: normal(), shift: normal() },
  tolerance: { out: rounding },
  cases: [
    ...everyOp,
    { why: "squares of what nothing is taken from", dims: { outer: 3, len: 70, inner: 5, op: 4 } },
    { why: "one sign: rounding adds up", dims: { outer: 1, len: 50_003, inner: 1, op: 0 }, fill: { x: normal(1, 1e4) } },
    ...[0, 1, 2].flatMap((op) => [
      {
        why: `op ${op}, NaN in a row`,
        dims: { outer: 3, len: 40, inner: 1, op },
        fill: { x: withAt(normal(), { 57: Number.NaN }) },
      },
      {
        why: `op ${op}, NaN in a column`,
        dims: { outer: 1, len: 40, inner: 3, op },
        fill: { x: withAt(normal(), { 58: Number.NaN }) },
      },
    ]),
  ],
};

const positions = [...rows.filter(({ spreads }) => !spreads), ...columns];
export const find: KernelCases<"find"> = {
  fill: { x: whole, best: () => 4 },
  tolerance: { out: "exact" },
  cases: [
    ...[...positions, ...nothing, rows.at(-2)!],
    {
      why: "the first NaN",
      dims: { outer: 1, len: 9, inner: 1 },
      fill: { x: withAt(whole, { 6: Number.NaN }), best: () => Number.NaN },
    },
  ],
};

/** One row is one task: each sum waits for the one before it. */
const oneTask = ({ why, dims, spreads }: Sizes): Sizes =>
  dims.outer * dims.inner === 1 || !spreads ? { why, dims } : { why, dims, spreads };

export const cumsum: KernelCases<"cumsum"> = {
  fill: { x: normal() },
  tolerance: { out: rounding },
  cases: [...rows, ...columns, ...nothing, ...ofNone]
    .map(oneTask)
    .flatMap(({ why, dims, ...rest }) =>
      [false, true].map((backwards) => ({ ...rest, why: `${why}, backwards ${backwards}`, dims: { ...dims, backwards } })),
    ),
};

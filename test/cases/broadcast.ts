import { lengths } from "./activations.ts";
import { cycle, flags, normal } from "./fills.ts";
import type { Bound, Case, Fill, KernelCases } from "./types.ts";

/** The lane functions' 4 units of the last place, and the roundings around them. */
const lanes = { factor: 3, relative: 6e-7, source: "math.rs: exp within 2 ulp" } satisfies Bound;
const edges = [0, -0, Infinity, -Infinity, Number.NaN, 1, -1];

interface Shapes {
  why: string;
  sizes: readonly number[];
  /** The step of each of two operands along each axis. */
  steps: readonly [readonly number[], readonly number[]];
  spreads?: true;
}

/** Contiguous operands that lack axes of the result: every mix of going along and standing still. */
const shapes: readonly Shapes[] = [
  {
    why: "one row repeated",
    sizes: [6, 5],
    steps: [
      [5, 1],
      [0, 1],
    ],
  },
  {
    why: "one column repeated",
    sizes: [6, 5],
    steps: [
      [5, 1],
      [1, 0],
    ],
  },
  {
    why: "a column and a row",
    sizes: [67, 131],
    steps: [
      [1, 0],
      [0, 1],
    ],
  },
  {
    why: "the middle axis",
    sizes: [3, 4, 5],
    steps: [
      [20, 5, 1],
      [5, 0, 1],
    ],
  },
  {
    why: "axes in turns",
    sizes: [3, 4, 5, 2],
    steps: [
      [4, 1, 0, 0],
      [10, 0, 2, 1],
    ],
  },
  {
    why: "rows longer than a strip",
    sizes: [3, 1009],
    steps: [
      [1, 0],
      [1009, 1],
    ],
  },
  {
    why: "rows longer than a task",
    sizes: [2, 16_390],
    steps: [
      [0, 1],
      [1, 0],
    ],
  },
  {
    why: "several tasks, one row repeated",
    sizes: [1031, 257],
    steps: [
      [257, 1],
      [0, 1],
    ],
    spreads: true,
  },
];

const span = (sizes: readonly number[], steps: readonly number[]): number =>
  1 + sizes.reduce((sum, size, axis) => sum + (size - 1) * steps[axis]!, 0);
const contiguous = (sizes: readonly number[]): number[] =>
  sizes.map((_, axis) => sizes.slice(axis + 1).reduce((product, size) => product * size, 1));
const total = (sizes: readonly number[]): number => sizes.reduce((product, size) => product * size, 1);
const axesOf = (sizes: readonly number[], steps: readonly (readonly number[])[]): Fill =>
  cycle(...sizes.flatMap((size, axis) => [size, ...steps.map((of) => of[axis]!)]));

interface Sizes {
  why: string;
  dims: { xLen: number; yLen: number; rank: number; n: number };
  given?: readonly ["axes"];
  axes: Fill;
  spreads?: true;
}

const repeated: readonly Sizes[] = shapes.map(({ sizes, steps, ...rest }) => ({
  ...rest,
  dims: { xLen: span(sizes, steps[0]), yLen: span(sizes, steps[1]), rank: sizes.length, n: total(sizes) },
  given: ["axes"],
  axes: axesOf(sizes, steps),
}));

const none = cycle(0);
const same: readonly Sizes[] = lengths.map(({ n, ...rest }) => ({
  ...rest,
  dims: { xLen: n, yLen: n, rank: 0, n },
  axes: none,
}));
const numbers: readonly Sizes[] = [1, 3, 257, 20_001].flatMap((n) => [
  { why: `a number and ${n}`, dims: { xLen: 1, yLen: n, rank: 0, n }, axes: none },
  { why: `${n} and a number`, dims: { xLen: n, yLen: 1, rank: 0, n }, axes: none },
]);
const pairs = edges.length ** 2;
const corners = {
  why: "corners",
  dims: { xLen: pairs, yLen: pairs, rank: 0, n: pairs },
  axes: none,
  fill: { x: cycle(...edges), y: ({ index }: { index: number }) => edges[Math.floor(index / edges.length)]! },
};

/** All sizes for the first op, some for the others. */
function everyOp(
  ops: readonly number[],
): (Omit<Sizes, "axes" | "dims"> & { dims: Sizes["dims"] & { op: number }; fill: { axes: Fill } })[] {
  return ops.flatMap((op, i) => {
    const sizes = i === 0 ? [...repeated, ...same, ...numbers] : [...repeated.slice(0, 6), ...same.slice(0, 8), ...numbers];
    return [...sizes, corners].map(({ why, dims, axes, ...rest }) => {
      const fill = { axes, ...("fill" in rest ? corners.fill : {}) };
      return { ...rest, why: `op ${op}, ${why}`, dims: { ...dims, op }, fill };
    });
  });
}

export const binary: KernelCases<"binary"> = {
  fill: { x: normal(), y: normal() },
  tolerance: { out: "exact" },
  cases: everyOp([0, 1, 2, 3, 4, 5, 6]),
};

/** Whole numbers from −3 to 3: equal ones are common. */
const small: Fill = ({ rng }) => rng.below(7) - 3;
const comparisons = [1, 2, 3, 6];

export const compare: KernelCases<"compare"> = {
  fill: { x: small, y: small },
  tolerance: { out: "exact" },
  cases: everyOp(comparisons),
};

const largest = 2 ** 31 - 1;
const integers = everyOp(comparisons).filter(({ why }) => !why.endsWith("corners"));
export const compareInt32: KernelCases<"compareInt32"> = {
  fill: { x: small, y: small },
  tolerance: { out: "exact" },
  cases: [
    ...integers,
    ...comparisons.map((op) => ({
      why: `op ${op}, what float32 cannot tell apart`,
      dims: { xLen: 4, yLen: 4, rank: 0, n: 4, op },
      fill: { x: cycle(largest, largest - 1, -largest, 5), y: cycle(largest - 1, largest, -largest, 5) },
    })),
  ],
};

/** Three operands: two as above, and one that is whole. */
const three = [...repeated, ...same, ...numbers].map(({ why, dims: { xLen, yLen, rank, n }, given, ...rest }) => {
  const shape = shapes.find((each) => each.why === why);
  const axes = shape ? axesOf(shape.sizes, [...shape.steps, contiguous(shape.sizes)]) : none;
  const spreads = rest.spreads ? { spreads: true as const } : {};
  return { why, lens: [xLen, yLen, n] as const, rank, n, axes, ...(given && { given }), ...spreads };
});

export const ternary: KernelCases<"ternary"> = {
  fill: { x: normal(), y: normal(), z: normal() },
  tolerance: { out: lanes },
  cases: three.flatMap(({ why, lens: [xLen, yLen, zLen], rank, n, axes, ...rest }) =>
    [0, 1, 2, 3, 4].map((op): Case<"ternary"> => {
      const equal = op === 2 ? { x: small, y: small } : {};
      return { ...rest, why: `op ${op}, ${why}`, dims: { xLen, yLen, zLen, rank, n, op }, fill: { axes, ...equal } };
    }),
  ),
};

export const select: KernelCases<"select"> = {
  fill: { condition: flags(0.4), a: normal(), b: normal() },
  tolerance: { out: "exact" },
  cases: [
    ...three.map(({ why, lens: [aLen, conditionLen, bLen], rank, n, axes, ...rest }) => ({
      ...rest,
      why,
      dims: { conditionLen, aLen, bLen, rank, n },
      // The condition is the second operand above, but the first of this kernel.
      fill: { axes: rank === 0 ? axes : swapped(axes) },
    })),
    {
      why: "what is not chosen does not matter",
      dims: { conditionLen: 4, aLen: 4, bLen: 4, rank: 0, n: 4 },
      fill: { condition: cycle(1, 0), a: cycle(1, Number.NaN), b: cycle(Number.NaN, 2) },
    },
  ],
};

/** Of each four the second and third the other way round. */
function swapped(axes: Fill): Fill {
  return (at) => axes({ ...at, index: at.index % 4 === 1 ? at.index + 1 : at.index % 4 === 2 ? at.index - 1 : at.index });
}

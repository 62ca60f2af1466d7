import { awayFromZero, cycle, normal, ramp, withAt } from "./fills.ts";
import { gradient, roundingOrZero } from "./tolerances.ts";
import type { Bound, Fill, KernelCases } from "./types.ts";

/** Around the lanes, around a few vectors at a time, and enough for several tasks. */
export const lengths: readonly { why: string; n: number; spreads?: true }[] = [
  { why: "nothing", n: 0 },
  ...[1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 127, 1009].map((n) => ({ why: `around the lanes: ${n}`, n })),
  ...[16_383, 16_384, 16_385].map((n) => ({ why: `around one task: ${n}`, n })),
  { why: "several tasks", n: 300_007, spreads: true },
];

interface Values {
  why: string;
  n: number;
  x: Fill;
}

const corners: readonly Values[] = [
  { why: "both zeros and the smallest numbers", n: 9, x: cycle(0, -0, 1e-45, -1e-45, 1.2e-38, -1.2e-38) },
  { why: "NaN stays in its lane", n: 7, x: withAt(normal(), { 5: Number.NaN }) },
];

export const reluForward: KernelCases<"reluForward"> = {
  fill: { x: normal() },
  tolerance: { out: "exact" },
  cases: [
    ...lengths.map(({ n, ...rest }) => ({ ...rest, dims: { n } })),
    ...corners.map(({ why, n, x }) => ({ why, dims: { n }, fill: { x } })),
    { why: "infinities", dims: { n: 5 }, fill: { x: cycle(Infinity, -Infinity, 1) } },
  ],
};

export const reluBackward: KernelCases<"reluBackward"> = {
  fill: { x: normal(), dOut: normal() },
  tolerance: { dX: "exact" },
  cases: [
    ...lengths.map(({ n, ...rest }) => ({ ...rest, dims: { n } })),
    { why: "at 0 the gradient is 0", dims: { n: 9 }, fill: { x: cycle(0, -0, 1e-45, -1e-45) } },
    {
      why: "a NaN gradient where x is negative is nobody's",
      dims: { n: 6 },
      fill: { x: cycle(-1, 2), dOut: cycle(Number.NaN, 3) },
    },
  ],
};

const gelu = { factor: 2, absolute: 1e-6, relative: 2.4e-7, source: "the approximations of erf and tanh: 1e-6" } satisfies Bound;

/** Where GELU bends, where it is flat, where it is x. */
const bends: readonly Values[] = [
  { why: "from −6 to 6", n: 4001, x: ramp(-6, 6) },
  { why: "tails", n: 401, x: ramp(-40, 40) },
  { why: "far out: 0 or x", n: 6, x: cycle(1e4, -1e4, 1e10, -1e10) },
  ...corners,
];

const bothForms = [true, false].flatMap((tanh) => [
  ...lengths.map(({ why, n, ...rest }) => ({ ...rest, why: `${why}, tanh ${tanh}`, dims: { n, tanh } })),
  ...bends.map(({ why, n, x }) => ({ why: `${why}, tanh ${tanh}`, dims: { n, tanh }, fill: { x } })),
]);

export const geluForward: KernelCases<"geluForward"> = {
  fill: { x: normal(2) },
  tolerance: { out: gelu },
  cases: bothForms,
};

export const geluBackward: KernelCases<"geluBackward"> = {
  fill: { x: normal(2), dOut: normal() },
  tolerance: { dX: { ...gradient, absolute: 1e-6 } },
  cases: bothForms,
};

export const dropout: KernelCases<"dropout"> = {
  fill: { x: awayFromZero },
  tolerance: { out: roundingOrZero },
  cases: [
    ...lengths.map(({ n, ...rest }) => ({ ...rest, dims: { n, p: Math.fround(0.1), key: 12345 } })),
    { why: "nothing dropped", dims: { n: 101, p: 0, key: 1 } },
    { why: "all dropped", dims: { n: 101, p: 1, key: 1 } },
    { why: "half", dims: { n: 1013, p: 0.5, key: 2 } },
    { why: "almost all", dims: { n: 1013, p: Math.fround(0.999), key: 3 } },
    { why: "a negative key", dims: { n: 257, p: 0.25, key: -2_000_000_000 } },
  ],
};

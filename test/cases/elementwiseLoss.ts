import { lengths } from "./activations.ts";
import { constant, cycle, normal, ramp, withAt } from "./fills.ts";
import type { Bound, Case, Fill, KernelCases } from "./types.ts";

const f = Math.fround;
const between =
  (low: number, high: number): Fill =>
  ({ rng }) =>
    low + (high - low) * rng.next();

/** What each kind is given: `kl` and binary cross-entropies want targets, and the last an `x`, that are probabilities. */
const kinds: readonly { name: string; kind: number; x: Fill; target: Fill }[] = [
  { name: "bent", kind: 0, x: normal(2), target: normal() },
  { name: "absolute", kind: 1, x: normal(2), target: normal() },
  { name: "KL", kind: 2, x: normal(1, -2), target: between(0, 1) },
  { name: "KL of log", kind: 3, x: normal(1, -2), target: normal(1, -2) },
  { name: "of logits", kind: 4, x: normal(3), target: between(0, 1) },
  { name: "of probabilities", kind: 5, x: between(0.001, 0.999), target: between(0, 1) },
];

type Shape = Pick<Case<"elementwiseLossForward">, "why" | "dims" | "spreads"> & {
  given?: readonly ("positive" | "weights")[];
  fill: { x: Fill; target: Fill };
};

const plain = { positiveLen: 0, weightsLen: 0, beta: f(0.7), scale: f(1.3) };
const shapes: readonly Shape[] = [
  ...kinds.flatMap(({ name, kind, x, target }): Shape[] => [
    ...lengths.map(({ why, n, ...rest }) => ({
      ...{ ...rest, why: `${name}, ${why}`, dims: { n, kind, ...plain } },
      fill: { x, target },
    })),
    ...[1023, 1025, 4095, 4097].map((n) => ({
      ...{ why: `${name}, around a block and a sum: ${n}`, dims: { n, kind, ...plain } },
      fill: { x, target },
    })),
    {
      why: `${name}, weights and positive weights that repeat`,
      dims: { n: 2501, kind, ...plain, positiveLen: 41, weightsLen: 61 },
      given: ["positive", "weights"],
      fill: { x, target },
    },
    {
      why: `${name}, a NaN stays in its element`,
      dims: { n: 7, kind, ...plain },
      fill: { x: withAt(x, { 2: Number.NaN }), target: withAt(target, { 5: Number.NaN }) },
    },
  ]),
  { why: "squared", dims: { n: 133, kind: 0, ...plain, beta: Infinity, scale: 2 }, fill: { x: normal(2), target: normal() } },
  {
    why: "squared, an offset of 1e4",
    dims: { n: 37, kind: 0, ...plain, beta: Infinity, scale: 2 },
    fill: { x: normal(1, 1e4), target: normal(1, 1e4) },
  },
  { why: "absolute, no difference", dims: { n: 9, kind: 1, ...plain }, fill: { x: constant(3), target: constant(3) } },
  { why: "KL, never", dims: { n: 9, kind: 2, ...plain }, fill: { x: cycle(-1, -Infinity), target: constant(0) } },
  { why: "KL of log, never", dims: { n: 9, kind: 3, ...plain }, fill: { x: cycle(-1, -9), target: constant(-Infinity) } },
  { why: "of logits, sure", dims: { n: 33, kind: 4, ...plain }, fill: { x: ramp(-80, 80), target: cycle(0, 1) } },
  { why: "of logits, far beyond exp", dims: { n: 9, kind: 4, ...plain }, fill: { x: cycle(1e4, -1e4), target: cycle(0, 1, 1) } },
  { why: "of probabilities, 0 and 1", dims: { n: 9, kind: 5, ...plain }, fill: { x: cycle(0, 1), target: cycle(0, 1, 1) } },
];

const loss = {
  factor: 2,
  relative: 1e-6,
  source: "exp and ln are within 2 units of the last place, and a loss is the sum of two of them",
} satisfies Bound;
const slope = { factor: 3, relative: 1e-6, source: "likewise" } satisfies Bound;

const fills = { positive: ramp(0.5, 3), weights: ramp(0.25, 2) };
const nothing = { x: normal(), target: normal(), ...fills };

export const elementwiseLossForward: KernelCases<"elementwiseLossForward"> = {
  fill: nothing,
  tolerance: { losses: loss, partials: loss },
  cases: [
    ...shapes.map((shape) => ({ ...shape, given: [...(shape.given ?? []), "losses" as const, "partials" as const] })),
    { why: "the sums alone", dims: { n: 9001, kind: 0, ...plain }, given: ["partials"] },
    { why: "the losses alone", dims: { n: 9001, kind: 0, ...plain }, given: ["losses"] },
  ],
};

export const elementwiseLossBackward: KernelCases<"elementwiseLossBackward"> = {
  fill: { ...nothing, dLosses: normal() },
  tolerance: { d: slope },
  cases: shapes.flatMap(({ given = [], dims, why, ...shape }) =>
    [false, true].map((ofTarget) => ({
      ...shape,
      why: `${why}${ofTarget ? ", in the target" : ""}`,
      dims: { ...dims, ofTarget, dLoss: f(0.3) },
      // One gradient for all in every other case.
      given: ofTarget ? [...given, "dLosses" as const] : given,
    })),
  ),
};

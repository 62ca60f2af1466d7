import { reference } from "../../ts/reference/index.ts";
import { constant, cycle, normal } from "./fills.ts";
import type { Bound, Case, Fill, KernelCases } from "./types.ts";

const label: Fill = ({ rng, dims }) => {
  const drawn = rng.below(dims.classes! - 1);
  return drawn < dims.blank! ? drawn : drawn + 1;
};

const shapes: readonly (Omit<Case<"ctcForward">, "tolerance" | "given"> & object)[] = [
  { why: "no items", dims: { batch: 0, frames: 3, classes: 4, targetLen: 2, blank: 0 } },
  {
    why: "no frames: only an empty target can be",
    dims: { batch: 2, frames: 0, classes: 4, targetLen: 2, blank: 0 },
    fill: { inputLengths: constant(0), targetLengths: cycle(0, 2) },
  },
  { why: "no labels: blanks alone", dims: { batch: 3, frames: 5, classes: 4, targetLen: 0, blank: 0 } },
  { why: "one frame, one label", dims: { batch: 1, frames: 1, classes: 2, targetLen: 1, blank: 1 } },
  ...[1, 2, 3, 4, 5, 7].map((targetLen) => ({
    why: `states around the lanes: ${2 * targetLen + 1}`,
    dims: { batch: 2, frames: 17, classes: 6, targetLen, blank: 0 },
  })),
  { why: "the last class is blank", dims: { batch: 3, frames: 13, classes: 7, targetLen: 5, blank: 6 } },
  {
    why: "lengths of their own, an empty target, a full one",
    dims: { batch: 5, frames: 11, classes: 5, targetLen: 4, blank: 2 },
    fill: { inputLengths: cycle(11, 7, 9, 4, 5), targetLengths: cycle(4, 0, 2, 4, 1) },
  },
  {
    why: "repeats need a blank between",
    dims: { batch: 3, frames: 8, classes: 4, targetLen: 4, blank: 0 },
    fill: { targets: cycle(2, 2, 2, 1), inputLengths: cycle(8, 6, 7) },
  },
  {
    why: "too long for its frames: it cannot be",
    dims: { batch: 3, frames: 4, classes: 4, targetLen: 4, blank: 0 },
    fill: { targets: cycle(2, 2, 1, 1), inputLengths: cycle(4, 2, 0), targetLengths: cycle(4, 3, 1) },
  },
  {
    why: "peaked: most paths are impossible but one",
    dims: { batch: 2, frames: 31, classes: 5, targetLen: 9, blank: 0 },
    fill: { logProbs: ({ rng }) => (rng.next() < 0.3 ? -0.01 : -60) },
  },
  { why: "long: sums of hundreds", dims: { batch: 2, frames: 307, classes: 9, targetLen: 61, blank: 0 } },
  { why: "many tasks", dims: { batch: 17, frames: 101, classes: 13, targetLen: 23, blank: 0 }, spreads: true },
];

const fill = {
  logProbs: normal(1, -2),
  targets: label,
  inputLengths: ({ dims }) => dims.frames!,
  targetLengths: ({ dims }) => dims.targetLen!,
} satisfies Record<string, Fill>;

const path = {
  factor: 2,
  absolute: 2e-6,
  relative: 1e-6,
  source: "rounding of logarithms of about 10, hundreds of times",
} satisfies Bound;

export const ctcForward: KernelCases<"ctcForward"> = {
  fill,
  tolerance: { losses: path, alphas: path },
  cases: shapes,
};

export const ctcBackward: KernelCases<"ctcBackward"> = {
  fill: { ...fill, alphas: constant(0), dLosses: normal() },
  derive: (args) => reference.ctcForward({ ...args, losses: new Float64Array(args.batch) }),
  tolerance: { dLogProbs: { factor: 3, relative: 1e-5, zeros: "exact", source: "as all gradients" } },
  cases: shapes,
};

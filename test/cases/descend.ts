import { lengths } from "./activations.ts";
import { awayFromZero, constant, cycle, normal, positive } from "./fills.ts";
import { rounding } from "./tolerances.ts";
import type { KernelCases } from "./types.ts";

const f = Math.fround;
/** AdamW's third step or so. */
const adamW = {
  ...{
    sign: 1,
    l2: 0,
    fromM: f(0.9),
    fromGrad: f(0.1),
    keepM: f(0.9),
    gainM: f(0.1),
    keepV: f(0.999),
    gainV: f(0.001),
    center: 0,
  },
  ...{ scaleV: f(1 / 0.002997), eps: f(1e-8), rate: f(1e-3 / 0.271), decay: f(1e-5), signed: false },
};
/** Every number in use, and far from what would hide it. */
const every = {
  ...{ sign: -1, l2: f(0.1), fromM: f(0.7), fromGrad: f(0.4), keepM: f(0.8), gainM: f(0.3), keepV: f(0.9), gainV: f(0.2) },
  ...{ center: 0.25, scaleV: f(1.7), eps: f(0.01), rate: f(0.05), decay: f(0.02), signed: false },
};
const moments = ["m", "v"] as const;

export const descend: KernelCases<"descend"> = {
  fill: { param: normal(), grad: normal(), m: normal(0.1), v: positive, peak: positive },
  tolerance: { param: rounding, m: rounding, v: rounding, peak: rounding },
  cases: [
    ...lengths.map(({ n, ...rest }) => ({ ...rest, dims: { n, ...adamW }, given: moments })),
    ...[5, 16_385].flatMap((n) => [
      { why: `no moments: ${n}`, dims: { n, ...every } },
      { why: `a mean of gradients: ${n}`, dims: { n, ...every }, given: ["m"] as const },
      // A sign that rounding could turn would be another answer.
      {
        ...{ why: `its sign alone: ${n}`, dims: { n, ...every, signed: true, l2: 0 }, given: ["m"] as const },
        fill: { grad: awayFromZero, m: normal(0.01) },
      },
      { why: `a mean of squares: ${n}`, dims: { n, ...every }, given: ["v"] as const },
      { why: `both, about the mean: ${n}`, dims: { n, ...every }, given: moments },
      { why: `both and the peak: ${n}`, dims: { n, ...every }, given: [...moments, "peak"] as const },
    ]),
    {
      why: "the first step",
      dims: { n: 37, ...adamW, scaleV: f(1000), rate: f(0.01) },
      given: moments,
      fill: { m: constant(0), v: constant(0) },
    },
    {
      why: "no gradient yet: eps in the denominator",
      dims: { n: 19, ...adamW },
      given: moments,
      fill: { grad: constant(0), m: constant(0), v: constant(0) },
    },
    {
      why: "less than the mean's square by rounding: as if it were 0",
      dims: { n: 21, ...every, center: 1, keepM: 1, gainM: 0, keepV: f(1 - 1e-6), gainV: 0 },
      given: moments,
      fill: { m: constant(2), v: constant(4) },
    },
    { why: "no decay, large rate", dims: { n: 23, ...adamW, rate: 0.5, decay: 0 }, given: moments },
    { why: "no sign", dims: { n: 7, ...every, signed: true, l2: 0 }, given: ["m"], fill: { grad: cycle(0, -0), m: constant(0) } },
    {
      why: "tiny gradients: their squares leave float32",
      dims: { n: 13, ...adamW },
      given: moments,
      fill: { grad: normal(1e-25), m: constant(0), v: constant(0) },
    },
  ],
};

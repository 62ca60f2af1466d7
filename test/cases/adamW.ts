import { lengths } from "./activations.ts";
import { constant, normal, positive } from "./fills.ts";
import { rounding } from "./tolerances.ts";
import type { KernelCases } from "./types.ts";

const f = Math.fround;
const usual = {
  lr: f(1e-3),
  beta1: f(0.9),
  beta2: f(0.999),
  eps: f(1e-8),
  weightDecay: f(0.01),
  correction1: f(0.271),
  correction2: f(0.002997),
};

export const adamwStep: KernelCases<"adamwStep"> = {
  fill: { param: normal(), grad: normal(), m: normal(0.1), v: positive },
  tolerance: { param: rounding, m: rounding, v: rounding },
  cases: [
    ...lengths.map(({ n, ...rest }) => ({ ...rest, dims: { n, ...usual } })),
    {
      why: "the first step",
      dims: { n: 37, ...usual, correction1: f(0.1), correction2: f(0.001) },
      fill: { m: constant(0), v: constant(0) },
    },
    {
      why: "no gradient yet: eps in the denominator",
      dims: { n: 19, ...usual },
      fill: { grad: constant(0), m: constant(0), v: constant(0) },
    },
    { why: "no decay, large rate", dims: { n: 23, ...usual, lr: 0.5, weightDecay: 0 } },
    {
      why: "strong decay, other betas, large eps",
      dims: { n: 29, ...usual, lr: f(0.1), weightDecay: 0.5, beta1: 0.5, beta2: 0.75, eps: f(0.01) },
    },
    {
      why: "tiny gradients: their squares leave float32",
      dims: { n: 13, ...usual },
      fill: { grad: normal(1e-25), m: constant(0), v: constant(0) },
    },
  ],
};

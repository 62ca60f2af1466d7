import * as ops from "../../ts/ops/index.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { awayFromZero, leaf, positive } from "./leaves.ts";
import type { Checks } from "./opChecks.ts";

const of =
  (fn: (x: Tensor) => Tensor, x: () => Tensor): Checks[string] =>
  () => [fn, x()];
const normal = () => leaf([3, 7], 1, 2);
const corner = () => awayFromZero([3, 7]);
const above0 = () => positive([3, 7]);

export const unaryChecks: Record<string, Checks> = {
  abs: { "away from its corner": of(ops.abs, corner) },
  clamp: {
    "away from its bounds": of((x) => ops.clamp(x, { min: -0.1, max: 0.1 }), corner),
    "nothing is beyond": of((x) => ops.clamp(x, { max: 100 }), normal),
  },
  cos: { plain: of(ops.cos, normal) },
  elu: { alpha: of((x) => ops.elu(x, { alpha: 0.7 }), corner) },
  exp: { plain: of(ops.exp, normal) },
  leakyRelu: { "away from its corner": of((x) => ops.leakyRelu(x, { negativeSlope: 0.2 }), corner) },
  log: { plain: of(ops.log, above0) },
  mish: { plain: of(ops.mish, normal) },
  neg: { plain: of(ops.neg, normal) },
  pow: {
    "a small whole number": of((x) => ops.pow(x, 3), normal),
    "a negative number": of((x) => ops.pow(x, -1.5), above0),
    "a fraction": of((x) => ops.pow(x, 0.3), above0),
    zero: of((x) => ops.pow(x, 0), normal),
  },
  reciprocal: { plain: of(ops.reciprocal, above0) },
  rsqrt: { plain: of(ops.rsqrt, above0) },
  sigmoid: { plain: of(ops.sigmoid, normal) },
  silu: { plain: of(ops.silu, normal) },
  sin: { plain: of(ops.sin, normal) },
  softplus: {
    plain: of((x) => ops.softplus(x), normal),
    "beta, straight above a threshold": of((x) => ops.softplus(x, { beta: 2, threshold: -100 }), normal),
  },
  sqrt: { plain: of(ops.sqrt, above0) },
  square: { plain: of(ops.square, normal) },
  tanh: { plain: of(ops.tanh, normal) },
};

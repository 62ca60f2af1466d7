// The values parameters start with, PyTorch's for each module.

import { randn, uniform } from "../tensor/create.ts";
import { rng } from "../tensor/rng.ts";
import { type Tensor, touch } from "../tensor/tensor.ts";

/** Uniform within ±1 / √fanIn: what PyTorch's `kaiming_uniform_(a = √5)` comes to, and its bound for a bias. */
export function kaimingUniform(shape: readonly number[], fanIn: number = shape[1] ?? 0): Tensor {
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  return uniform(shape, { low: -bound, high: bound });
}

/** Uniform within ±√(6 / (fanIn + fanOut)), of `[fanOut, fanIn]` (Glorot and Bengio 2010). */
export function xavierUniform(shape: readonly [fanOut: number, fanIn: number]): Tensor {
  const bound = xavierBound(shape);
  return uniform(shape, { low: -bound, high: bound });
}

/** The same into a matrix that is there. */
export function fillXavierUniform(matrix: Tensor): void {
  const bound = xavierBound(matrix.shape);
  const view = matrix.view();
  for (let i = 0; i < view.length; i += 1) view[i] = bound * (2 * rng.uniform() - 1);
  touch(matrix);
}

/** Normal with standard deviation `std`, into a parameter that is there. */
export function fillNormal(parameter: Tensor, std: number): void {
  const view = parameter.view();
  for (let i = 0; i < view.length; i += 1) view[i] = std * rng.normal();
  touch(parameter);
}

function xavierBound([fanOut = 0, fanIn = 0]: readonly number[]): number {
  return Math.sqrt(6 / (fanOut + fanIn));
}

/** Normal with standard deviation √(2 / (fanIn + fanOut)); the last axis of `[1, 1, embedDim]` counts as both. */
export function xavierNormal(shape: readonly [1, 1, embedDim: number]): Tensor {
  const values = randn(shape);
  const std = Math.sqrt(1 / shape[2]);
  const view = values.view();
  for (let i = 0; i < view.length; i += 1) view[i]! *= std;
  return values;
}

import * as kernels from "../runtime/kernels.gen.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The vectors of a pass, all of one length: `param` moves by `grad`; of the moments those that the optimizer has. */
export interface DescentBuffers {
  param: Tensor;
  grad: Tensor;
  /** Mean of the gradients. */
  m?: Tensor | undefined;
  /** Mean of their squares. */
  v?: Tensor | undefined;
  /** The largest `v` so far. */
  peak?: Tensor | undefined;
}

/**
 * One step's constants: `g = ±grad + l2 · param`, `move = fromM · m + fromGrad · g` (of the old `m`), `m = keepM · m + gainM · g`,
 * `v = keepV · v + gainV · g²`, `move /= √(scaleV · v) + eps`, `param −= decay · param + rate · move`. What is left out does nothing.
 */
export interface Descent {
  rate: number;
  decay?: number;
  l2?: number;
  maximize?: boolean;
  fromM?: number;
  fromGrad?: number;
  keepM?: number;
  gainM?: number;
  keepV?: number;
  gainV?: number;
  /** 1: `v − m²` in place of `v`. */
  center?: number;
  scaleV?: number;
  eps?: number;
  /** Of `move` the sign alone; with an `m` and no `v`. */
  signed?: boolean;
}

/** One pass over the vectors. */
export function descend(buffers: DescentBuffers, { maximize = false, ...step }: Descent): void {
  const n = buffers.param.length;
  if (n > 0) kernels.descend({ ...nothing, ...buffers, ...step, n, sign: maximize ? -1 : 1 });
}

const nothing = {
  ...{ decay: 0, l2: 0, fromM: 0, fromGrad: 1, keepM: 0, gainM: 0, keepV: 0, gainV: 0 },
  ...{ center: 0, scaleV: 1, eps: 0, signed: false },
};

/**
 * What remains of a mean and what a new value adds to it, of `beta` as float32 holds it: 1 − 0.999 is then smaller by 1.3e-5, and the
 * first steps divide by it.
 */
export function meanOf(beta: number): { keep: number; gain: number } {
  const keep = Math.fround(beta);
  return { keep, gain: 1 - keep };
}

/** How much of a mean that began at 0 is there after `step` steps: what to divide it by. */
export const filled = (beta: number, step: number): number => 1 - Math.fround(beta) ** step;

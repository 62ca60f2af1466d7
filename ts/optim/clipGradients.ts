import { clamp } from "../ops/elementary.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { homeOf } from "./flatParameters.ts";
import { normOf } from "./norms.ts";

export interface ClipGradNormOptions {
  /** Which norm: 2 by default, any above 0, or Infinity for the largest element. */
  normType?: number;
  /**
   * Throw `RANGE`, before anything changes, if the norm is infinite or NaN. Otherwise it is only given back, for the caller to
   * see.
   */
  errorIfNonfinite?: boolean;
}

/**
 * Scales all gradients by one factor so that their norm, taken together, is at most `maxNorm` (Pascanu, Mikolov and Bengio 2013):
 * `maxNorm / (norm + 1e-6)`, and 1 at most. Gives the norm they had. Throws `RANGE`.
 */
export function clipGradNorm(
  parameters: readonly Tensor[],
  maxNorm: number,
  { normType = 2, errorIfNonfinite = false }: ClipGradNormOptions = {},
): number {
  if (!(maxNorm >= 0)) throw new FoveaError("RANGE", `clipGradNorm: maxNorm must be at least 0, got ${maxNorm}`);
  if (!(normType > 0)) throw new FoveaError("RANGE", `clipGradNorm: normType must be above 0, got ${normType}`);
  const gradients = gradientsOf("clipGradNorm", parameters);
  const norm = normOf(gradients, normType);
  if (errorIfNonfinite && !Number.isFinite(norm))
    throw new FoveaError(
      "RANGE",
      `clipGradNorm: the norm of the gradients must be finite, got ${norm}; lower the learning rate or look at the data`,
    );
  const factor = maxNorm / (norm + 1e-6);
  if (factor >= 1) return norm;
  for (const gradient of gradients) kernels.scaleInPlace({ x: gradient, n: gradient.length, factor });
  return norm;
}

/** Brings every element of the gradients to between `-clipValue` and `clipValue`. Throws `RANGE`. */
export function clipGradValue(parameters: readonly Tensor[], clipValue: number): void {
  if (!(clipValue >= 0)) throw new FoveaError("RANGE", `clipGradValue: clipValue must be at least 0, got ${clipValue}`);
  for (const gradient of gradientsOf("clipGradValue", parameters)) {
    const clipped = clamp(gradient, { min: -clipValue, max: clipValue });
    kernels.copy({ x: clipped, out: gradient, n: gradient.length });
    clipped.dispose();
  }
}

/** The first NaN or infinity among the gradients, or null. Of finite ones it costs a sum of squares. */
export function nonFiniteGradient(parameters: readonly Tensor[]): number | null {
  const gradients = gradientsOf("nonFiniteGradient", parameters);
  if (Number.isFinite(normOf(gradients, 2))) return null;
  for (const gradient of gradients) for (const value of gradient.view()) if (!Number.isFinite(value)) return value;
  return null; // the sum alone went over
}

/** Multiplies every element of the gradients by `factor`. */
export function scaleGradients(parameters: readonly Tensor[], factor: number): void {
  for (const x of gradientsOf("scaleGradients", parameters)) kernels.scaleInPlace({ x, n: x.length, factor });
}

/** The gradients there are; a whole flat vector instead of its parts where all of them are meant. */
function gradientsOf(op: string, parameters: readonly Tensor[]): Tensor[] {
  const given = new Set(parameters);
  const homes = new Set([...given].map(homeOf));
  const whole = [...homes].filter((home) => home?.parameters.every((parameter) => given.has(parameter)));
  const parts = [...given].filter((parameter) => !whole.includes(homeOf(parameter)) && parameter.grad && parameter.length > 0);
  for (const home of whole) home!.settle(op);
  return [...whole.map((home) => home!.gradients), ...parts.map((parameter) => parameter.grad!)].filter(
    ({ length }) => length > 0,
  );
}

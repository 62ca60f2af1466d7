import { FoveaError } from "../runtime/errors.ts";
import { kernels } from "../runtime/kernels.gen.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { homeOf } from "./flatParameters.ts";

export interface ClipGradNormOptions {
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
  { errorIfNonfinite = false }: ClipGradNormOptions = {},
): number {
  if (!(maxNorm >= 0)) throw new FoveaError("RANGE", `clipGradNorm: maxNorm must be at least 0, got ${maxNorm}`);
  const gradients = gradientsOf(parameters);
  let squares = 0;
  for (const gradient of gradients) squares += sumSquares(gradient);
  const norm = Math.sqrt(squares);
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

/** The gradients there are; a whole flat vector instead of its parts where all of them are meant. */
function gradientsOf(parameters: readonly Tensor[]): Tensor[] {
  const given = new Set(parameters);
  const homes = new Set([...given].map(homeOf));
  const whole = [...homes].filter((home) => home?.parameters.every((parameter) => given.has(parameter)));
  const parts = [...given].filter((parameter) => !whole.includes(homeOf(parameter)) && parameter.grad && parameter.length > 0);
  for (const home of whole) home!.settle("clipGradNorm");
  return [...whole.map((home) => home!.gradients), ...parts.map((parameter) => parameter.grad!)];
}

function sumSquares(x: Tensor): number {
  const n = x.length;
  const partials = empty([Math.ceil(n / BLOCK)]);
  kernels.sumSquares({ x, partials, n });
  let sum = 0;
  for (const partial of partials.view()) sum += partial;
  partials.dispose();
  return sum;
}

/** How many elements the kernel puts into one partial sum. */
const BLOCK = 4096;

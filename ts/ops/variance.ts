import { record } from "../autograd/tape.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { sqrt } from "./elementary.ts";
import { folded, type Middle, type ReduceOptions, reduceWith, slopeOfRoot, withResults } from "./fold.ts";

export interface VarianceOptions extends ReduceOptions {
  /** What is taken from the number of elements to divide by: 1 for a sample's, 0 for that of a whole population. */
  correction?: number;
}

/**
 * The mean square of the distances from the mean, of all elements or along one or several axes: `Σ (x − mean)² / (n − correction)`. NaN
 * where there is nothing to divide by. Throws `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function variance(x: Tensor, { correction = 1, ...options }: VarianceOptions = {}): Tensor {
  return reduceWith("variance", x, options, (middle) => {
    const { mean, out, divisor } = meanAndVariance(middle, correction);
    record(out, [middle.x], [middle.x, mean], (dOut, grads) => {
      const slope = scaled(dOut, 2 / divisor);
      return [withResults("deviation", middle, mean, slope, grads.empty(0))];
    });
    mean.dispose();
    return out;
  });
}

/** The root of the variance; its gradient is 0 where all elements are equal. Throws `RANGE`, `DTYPE`, `DISPOSED`. */
export function std(x: Tensor, { correction = 1, ...options }: VarianceOptions = {}): Tensor {
  return reduceWith("std", x, options, (middle) => {
    const { mean, out: squared, divisor } = meanAndVariance(middle, correction);
    const out = noGrad(() => sqrt(squared));
    record(out, [middle.x], [middle.x, mean, out], (dOut, grads) => [
      withResults("deviation", middle, mean, slopeOfRoot(dOut, out, divisor), grads.empty(0)),
    ]);
    mean.dispose();
    squared.dispose();
    return out;
  });
}

function meanAndVariance(middle: Middle, correction: number): { mean: Tensor; out: Tensor; divisor: number } {
  const mean = folded("sum", middle);
  scaleInPlace(mean, 1 / middle.dims.len);
  const out = folded("squares", middle, mean);
  const divisor = Math.max(0, middle.dims.len - correction);
  scaleInPlace(out, 1 / divisor);
  return { mean, out, divisor };
}

function scaleInPlace(x: Tensor, factor: number): void {
  if (x.length > 0) kernels.scaleInPlace({ x, n: x.length, factor });
}

function scaled(x: Tensor, factor: number): Tensor {
  const out = empty(x.shape);
  if (x.length > 0) kernels.scale({ x, out, n: x.length, factor });
  return out;
}

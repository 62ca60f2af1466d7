import { axisOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { scale } from "./scale.ts";
import { type ReduceOptions, sum } from "./sum.ts";

/** The mean of all elements, a single number, or along one axis; NaN of none. Throws `RANGE`, `DTYPE`, `DISPOSED`. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const count = options.axis === undefined ? x.length : x.shape[axisOf("mean", options.axis, x.shape)]!;
  const summed = sum(x, options);
  const out = scale(summed, 1 / count);
  summed.dispose();
  return out;
}

import type { Tensor } from "../tensor/tensor.ts";
import { axesOf, type ReduceOptions } from "./fold.ts";
import { scale } from "./scale.ts";
import { sum } from "./sum.ts";

/** The mean of all elements, a single number, or along one or several axes; NaN of none. Throws `RANGE`, `DTYPE`, `DISPOSED`. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const summed = sum(x, options);
  const count = axesOf("mean", options.axis, x.shape).reduce((product, axis) => product * x.shape[axis]!, 1);
  const out = scale(summed, 1 / count);
  summed.dispose();
  return out;
}

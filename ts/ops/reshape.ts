import type { Tensor } from "../tensor/tensor.ts";

/** `x` with other axes, in the same memory: nothing is copied. One size may be −1. Throws `SHAPE`, `DISPOSED`. */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  return x.reshape(shape);
}

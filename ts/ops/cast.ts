import type { DType } from "../runtime/buffer.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";
import { notEqual } from "./compare.ts";

/**
 * `x` as another dtype, as a copy: to `int32` towards 0, modulo 2³²; to `bool` whether it is not 0; from `bool` 0 or 1. No gradient
 * passes, but through a tensor that has the dtype already: it is given back itself. Throws `DISPOSED`.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  expectAlive("cast", x);
  if (x.dtype === dtype) return x;
  if (dtype === "bool") return notEqual(x, 0);
  const out = empty(x.shape, dtype);
  out.view().set(x.view());
  return out;
}

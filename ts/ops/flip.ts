import { axisOf } from "../tensor/shape.ts";
import { expectAlive, type Tensor } from "../tensor/tensor.ts";
import { contiguous, rearranged } from "./strided.ts";

/** `x`, of any dtype, backwards along `axes`, as a copy. Throws `RANGE`, `DISPOSED`. */
export function flip(x: Tensor, axes: readonly number[]): Tensor {
  expectAlive("flip", x);
  const flipped = new Set(axes.map((axis) => axisOf("flip", axis, x.shape)));
  const strides = contiguous(x.shape);
  let xOffset = 0;
  const all = x.shape.map((size, axis) => {
    const stride = strides[axis]!;
    if (!flipped.has(axis)) return { size, x: stride, out: stride };
    xOffset += Math.max(0, size - 1) * stride;
    return { size, x: -stride, out: stride };
  });
  return rearranged(x, x.shape, { axes: all, xOffset });
}

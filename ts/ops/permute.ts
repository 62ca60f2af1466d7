import { FoveaError } from "../runtime/errors.ts";
import { axisOf, formatShape } from "../tensor/shape.ts";
import { expectAlive, type Tensor } from "../tensor/tensor.ts";
import { contiguous, rearranged } from "./strided.ts";

/** `x`, of any dtype, with its axes in another order, as a copy: axis `i` of the result is axis `axes[i]` of `x`. Throws `RANGE`, `DISPOSED`. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  expectAlive("permute", x);
  const order = axes.map((axis) => axisOf("permute", axis, x.shape));
  if (order.length !== x.shape.length || new Set(order).size !== order.length)
    throw new FoveaError(
      "RANGE",
      `permute: axes must name each of ${x.shape.length} axes once, got [${axes.join(", ")}] for ${formatShape(x.shape)}`,
    );
  return permuted(x, order);
}

/** `x`, of any dtype, with two axes exchanged, as a copy. Throws `RANGE`, `DISPOSED`. */
export function transpose(x: Tensor, a: number, b: number): Tensor {
  expectAlive("transpose", x);
  const [first, second] = [axisOf("transpose", a, x.shape), axisOf("transpose", b, x.shape)];
  const order = x.shape.map((_, axis) => axis);
  return permuted(x, order.with(first, second).with(second, first));
}

function permuted(x: Tensor, order: readonly number[]): Tensor {
  const shape = order.map((axis) => x.shape[axis]!);
  const [of, out] = [contiguous(x.shape), contiguous(shape)];
  return rearranged(x, shape, { axes: order.map((axis, i) => ({ size: shape[i]!, x: of[axis]!, out: out[i]! })) });
}

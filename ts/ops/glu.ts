import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import { axisOf, formatShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sigmoid, silu } from "./activations.ts";
import { expectFloat } from "./checks.ts";
import { multiply } from "./multiply.ts";
import { narrow } from "./narrow.ts";

/**
 * `a · sigmoid(b)`, `a` and `b` the halves of `x` along `axis` (Dauphin et al. 2017): the second gates the first. Throws `SHAPE` if
 * it has no halves, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function glu(x: Tensor, { axis = -1 }: { axis?: number } = {}): Tensor {
  return scope(() => {
    const [a, b] = halves("glu", x, axis);
    return multiply(a, sigmoid(b));
  });
}

/**
 * `silu(a) · b`, `a` and `b` the halves of `x` along `axis` (Shazeer 2020): the first gates the second, as the models that use it
 * lay it out. Throws as `glu` does.
 */
export function swiglu(x: Tensor, { axis = -1 }: { axis?: number } = {}): Tensor {
  return scope(() => {
    const [a, b] = halves("swiglu", x, axis);
    return multiply(silu(a), b);
  });
}

function halves(op: string, x: Tensor, axis: number): [Tensor, Tensor] {
  expectFloat(op, { x });
  const length = x.shape[axisOf(op, axis, x.shape)]! / 2;
  if (!Number.isInteger(length))
    throw new FoveaError("SHAPE", `${op}: axis ${axis} must have an even size, got ${formatShape(x.shape)}`);
  return [narrow(x, { axis, start: 0, length }), narrow(x, { axis, start: length, length })];
}

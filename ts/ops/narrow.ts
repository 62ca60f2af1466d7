import { FoveaError } from "../runtime/errors.ts";
import { axisOf, formatShape } from "../tensor/shape.ts";
import { expectAlive, type Tensor } from "../tensor/tensor.ts";
import { slice } from "./slice.ts";

export interface NarrowOptions {
  axis?: number;
  start: number;
  length: number;
}

/** `length` positions of `x`, of any dtype, along `axis`, from `start` on, as a copy. Throws `RANGE`, `DISPOSED`. */
export function narrow(x: Tensor, { axis = 0, start, length }: NarrowOptions): Tensor {
  expectAlive("narrow", x);
  const at = axisOf("narrow", axis, x.shape);
  const size = x.shape[at]!;
  if (!Number.isInteger(start) || !Number.isInteger(length) || start < 0 || length < 0 || start + length > size)
    throw new FoveaError("RANGE", `narrow: ${start} to ${start + length} must be within axis ${axis} of ${formatShape(x.shape)}`);
  return slice(
    x,
    x.shape.map((_, i) => (i === at ? { start, end: start + length } : null)),
  );
}

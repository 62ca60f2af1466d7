import { FoveaError } from "../runtime/errors.ts";
import { axisOf, formatShape } from "../tensor/shape.ts";
import { expectAlive, type Tensor } from "../tensor/tensor.ts";
import { axesOf } from "./fold.ts";

/** `x` without its axes of size 1, in the same memory; with `axis` without that or those alone. Throws `SHAPE`, `RANGE`, `DISPOSED`. */
export function squeeze(x: Tensor, { axis }: { axis?: number | readonly number[] } = {}): Tensor {
  expectAlive("squeeze", x);
  const axes = axesOf("squeeze", axis, x.shape).filter((i) => axis !== undefined || x.shape[i] === 1);
  if (axes.some((i) => x.shape[i] !== 1))
    throw new FoveaError("SHAPE", `squeeze: the axes must have size 1, got axis ${axis} of ${formatShape(x.shape)}`);
  return x.reshape(x.shape.filter((_, i) => !axes.includes(i)));
}

/** `x` with a new axis of size 1, in the same memory. Throws `RANGE`, `DISPOSED`. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  expectAlive("unsqueeze", x);
  const at = axisOf("unsqueeze", axis, [...x.shape, 1]);
  return x.reshape(x.shape.toSpliced(at, 0, 1));
}

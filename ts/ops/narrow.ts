import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import { kernels } from "../runtime/kernels.gen.ts";
import { axisOf, formatShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";
import { copyInto, copyOutOf } from "./concat.ts";

export interface NarrowOptions {
  axis?: number;
  start: number;
  length: number;
}

/** `length` positions of `x` along `axis`, from `start` on, as a copy. Throws `RANGE`, `DTYPE`, `DISPOSED`. */
export function narrow(x: Tensor, { axis = 0, start, length }: NarrowOptions): Tensor {
  expectFloat("narrow", { x });
  const at = axisOf("narrow", axis, x.shape);
  const size = x.shape[at]!;
  if (!Number.isInteger(start) || !Number.isInteger(length) || start < 0 || length < 0 || start + length > size)
    throw new FoveaError("RANGE", `narrow: ${start} to ${start + length} must be within axis ${axis} of ${formatShape(x.shape)}`);
  const out = empty(x.shape.with(at, length));
  copyOutOf(x, out, at, start);
  return record(out, [x], [], (dOut, grads) => {
    const dX = grads.empty(0);
    if (dX.length > 0) kernels.fill({ out: dX, n: dX.length, value: 0 });
    copyInto(dOut, dX, at, start);
    return [dX];
  });
}

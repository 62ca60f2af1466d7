import { record } from "../autograd/tape.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { axisOf } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { aroundAxis, expectFloat } from "./checks.ts";

/**
 * `exp(x) / Σ exp(x)` along `axis`. A row that is −∞ throughout, or holds +∞ or NaN, is NaN throughout; other rows do not change.
 * Throws `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function softmax(x: Tensor, { axis = -1 }: { axis?: number } = {}): Tensor {
  expectFloat("softmax", { x });
  const { outer, length, inner } = aroundAxis(x.shape, axisOf("softmax", axis, x.shape));
  const dims = { outer, len: length, inner };
  const out = empty(x.shape);
  if (out.length > 0) kernels.softmaxForward({ x, out, ...dims });
  return record(out, [x], [out], (dOut, grads) => {
    const dX = grads.empty(0);
    if (dX.length > 0) kernels.softmaxBackward({ out, dOut, dX, ...dims });
    return [dX];
  });
}

import { record } from "../autograd/tape.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { axisOf } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { aroundAxis, expectFloat } from "./checks.ts";

/** Running sums along `axis`: each element and all before it. Throws `RANGE`, `DTYPE`, `DISPOSED`. */
export function cumsum(x: Tensor, axis: number): Tensor {
  expectFloat("cumsum", { x });
  const { outer, length, inner } = aroundAxis(x.shape, axisOf("cumsum", axis, x.shape));
  const dims = { outer, len: length, inner };
  const out = empty(x.shape);
  if (out.length > 0) kernels.cumsum({ x, out, ...dims, backwards: false });
  return record(out, [x], [], (dOut, grads) => {
    const dX = grads.empty(0);
    if (dX.length > 0) kernels.cumsum({ x: dOut, out: dX, ...dims, backwards: true });
    return [dX];
  });
}

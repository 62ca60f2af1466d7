import { record } from "../autograd/tape.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";

/** `max(x, 0)`, element by element. Throws `DTYPE`, `DISPOSED`. */
export function relu(x: Tensor): Tensor {
  expectFloat("relu", { x });
  const n = x.length;
  const out = empty(x.shape);
  if (n > 0) kernels.reluForward({ x, out, n });
  // out > 0 wherever x > 0: the output, which the next op keeps anyway, is enough.
  return record(out, [x], [out], (dOut, grads) => {
    const dX = grads.empty(0);
    if (n > 0) kernels.reluBackward({ x: out, dOut, dX, n });
    return [dX];
  });
}

import { record } from "../autograd/tape.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";

/** `factor · x`, the factor a number. Throws `DTYPE`, `DISPOSED`. */
export function scale(x: Tensor, factor: number): Tensor {
  expectFloat("scale", { x });
  const n = x.length;
  const out = empty(x.shape);
  if (n > 0) kernels.scale({ x, out, n, factor });
  return record(out, [x], [], (dOut, grads) => {
    const dX = grads.empty(0);
    if (n > 0) kernels.scale({ x: dOut, out: dX, n, factor });
    return [dX];
  });
}

/** `−x`. Not recorded. */
export function negated(x: Tensor): Tensor {
  const out = empty(x.shape);
  if (x.length > 0) kernels.scale({ x, out, n: x.length, factor: -1 });
  return out;
}

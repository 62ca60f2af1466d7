import { record } from "../autograd/tape.ts";
import { kernels } from "../runtime/kernels.gen.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";
import { sumTo } from "./expand.ts";
import { pair } from "./pair.ts";

/** `x · y`, element by element; shapes are broadcast as NumPy does. Throws `SHAPE`, `DTYPE`, `DISPOSED`. */
export function multiply(x: Tensor, y: Tensor): Tensor {
  expectFloat("multiply", { x, y });
  return pair("multiply", x, y, (whole, repeated) => {
    const out = empty(whole.shape);
    const rows = { rows: out.length / repeated.length, cols: repeated.length };
    if (out.length > 0) kernels.multiply({ x: whole, y: repeated, out, ...rows });
    return record(out, [whole, repeated], [whole, repeated], (dOut, grads) => {
      if (out.length === 0) return [grads.wants(0) ? grads.empty(0) : null, grads.wants(1) ? sumTo(dOut, repeated.shape) : null];
      const dWhole = grads.wants(0) ? grads.empty(0) : null;
      if (dWhole) kernels.multiply({ x: dOut, y: repeated, out: dWhole, ...rows });
      if (!grads.wants(1)) return [dWhole, null];
      const product = empty(out.shape);
      kernels.multiply({ x: dOut, y: whole, out: product, rows: 1, cols: out.length });
      return [dWhole, sumTo(product, repeated.shape)];
    });
  });
}

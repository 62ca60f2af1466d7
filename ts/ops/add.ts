import { record } from "../autograd/tape.ts";
import { kernels } from "../runtime/kernels.gen.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";
import { sumTo } from "./expand.ts";
import { pair } from "./pair.ts";

/** `x + y`, element by element; shapes are broadcast as NumPy does. Throws `SHAPE`, `DTYPE`, `DISPOSED`. */
export function add(x: Tensor, y: Tensor): Tensor {
  expectFloat("add", { x, y });
  return pair("add", x, y, (whole, repeated) => {
    const out = empty(whole.shape);
    const cols = repeated.length;
    if (out.length > 0) kernels.add({ x: whole, y: repeated, out, rows: out.length / cols, cols });
    return record(out, [whole, repeated], [], (dOut, grads) => [
      grads.wants(0) ? dOut : null,
      grads.wants(1) ? sumTo(dOut, repeated.shape) : null,
    ]);
  });
}

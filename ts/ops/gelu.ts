import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";

/**
 * `x · Φ(x)`, Φ the normal distribution's function (Hendrycks and Gimpel 2016); `approximate: "tanh"` takes
 * `x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))`. Throws `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function gelu(x: Tensor, { approximate = "none" }: { approximate?: "none" | "tanh" } = {}): Tensor {
  expectFloat("gelu", { x });
  if (approximate !== "none" && approximate !== "tanh")
    throw new FoveaError("RANGE", `gelu: approximate must be "none" or "tanh", got ${JSON.stringify(approximate)}`);
  const n = x.length;
  const tanh = approximate === "tanh";
  const out = empty(x.shape);
  if (n > 0) kernels.geluForward({ x, out, n, tanh });
  return record(out, [x], [x], (dOut, grads) => {
    const dX = grads.empty(0);
    if (n > 0) kernels.geluBackward({ x, dOut, dX, n, tanh });
    return [dX];
  });
}

import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { expectAxes, expectShape, formatShape, sameShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";

export interface RotateOptions {
  /** Whether neighbours 2p and 2p + 1 are a pair (GPT-J), rather than channels p and p + pairs (Llama). */
  interleaved?: boolean;
}

/**
 * Turns each pair (a, b) of a head's channels to `(a · cos − b · sin, b · cos + a · sin)` (Su et al. 2021). `x [batch, length,
 * heads, headDim]`; `cos` and `sin [length, pairs]` or `[batch, length, pairs]`. Channels from 2 · pairs on are copied. Throws
 * `GRAD` if `cos` or `sin` require a gradient, which they do not get; `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`.
 */
export function rotate(x: Tensor, cos: Tensor, sin: Tensor, { interleaved = false }: RotateOptions = {}): Tensor {
  expectFloat("rotate", { x, cos, sin });
  expectAxes("rotate", { x }, ["batch", "length", "heads", "headDim"]);
  const [batch, length, numHeads, headDim] = x.shape as [number, number, number, number];
  const pairs = cos.shape.at(-1) ?? 0;
  const shared = sameShape(cos.shape, [length, pairs]);
  if ((!shared && !sameShape(cos.shape, [batch, length, pairs])) || 2 * pairs > headDim)
    throw new FoveaError(
      "SHAPE",
      `rotate: cos must be [length, pairs] or [batch, length, pairs], its pairs at most half of headDim, got ${formatShape(cos.shape)} ` +
        `for x ${formatShape(x.shape)}`,
    );
  expectShape("rotate", { sin }, cos.shape);
  if (cos.requiresGrad || sin.requiresGrad)
    throw new FoveaError("GRAD", "rotate: cos and sin have no gradient, got one that requires it; detach() it");
  const dims = { batch, length, numHeads, headDim, tableBatch: shared ? 1 : batch, pairs, interleaved };
  const out = empty(x.shape);
  if (out.length > 0) kernels.rotate({ x, cos, sin, out, ...dims, inverse: false });
  return record(out, [x], [cos, sin], (dOut, grads) => {
    const dX = grads.empty(0);
    if (dX.length > 0) kernels.rotate({ x: dOut, cos, sin, out: dX, ...dims, inverse: true });
    return [dX];
  });
}

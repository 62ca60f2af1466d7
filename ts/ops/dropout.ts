import { record } from "../autograd/tape.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { nextKey } from "../tensor/rng.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectFloat, expectProbability } from "./checks.ts";
import { scale } from "./scale.ts";

export interface DropoutOptions {
  /** The probability of dropping an element. */
  p?: number;
  /** False: nothing is dropped. */
  training?: boolean;
}

/**
 * Zeroes each element with probability `p` and scales the others by `1 / (1 − p)` (Srivastava et al. 2014). Which ones is counted
 * out of the seeded generator, so backward draws them again and nothing is stored. With nothing to drop it gives `x` itself back.
 * Throws `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function dropout(x: Tensor, { p = 0.5, training = true }: DropoutOptions = {}): Tensor {
  expectFloat("dropout", { x });
  expectProbability("dropout", "p", p);
  if (!training || p === 0) return x;
  if (p === 1) return scale(x, 0);
  const n = x.length;
  const key = nextKey();
  const out = empty(x.shape);
  if (n > 0) kernels.dropout({ x, out, n, p, key });
  return record(out, [x], [], (dOut, grads) => {
    const dX = grads.empty(0);
    if (n > 0) kernels.dropout({ x: dOut, out: dX, n, p, key });
    return [dX];
  });
}

import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { expectAxes, expectDType, expectShape } from "../tensor/shape.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";
import { lengthsTensor } from "./lengths.ts";

export interface MeanPoolOptions {
  /** How many positions of each item count, from the first. */
  lengths?: ArrayLike<number> | null | undefined;
  /** bool `[batch, seqLen]`: true where a position counts. */
  keep?: Tensor | null | undefined;
}

/**
 * The mean over positions: `x [batch, seqLen, embedDim]`, out `[batch, embedDim]`, of those positions that count; 0 for an item
 * in which none does. Throws `SHAPE`, `RANK`, `RANGE`, `MASK`, `DTYPE`, `DISPOSED`.
 */
export function meanPool(x: Tensor, { lengths = null, keep = null }: MeanPoolOptions = {}): Tensor {
  expectFloat("meanPool", { x });
  if (keep) expectAlive("meanPool", keep);
  expectAxes("meanPool", { x }, ["batch", "seqLen", "embedDim"]);
  const [batch, len, cols] = x.shape as [number, number, number];
  expectDType("meanPool", { keep }, "bool");
  expectShape("meanPool", { keep }, [batch, len]);
  if (lengths && lengths.length !== batch)
    throw new FoveaError("MASK", `meanPool: lengths must have batch = ${batch} entries, got ${lengths.length}`);
  const sizes = lengths && lengthsTensor("meanPool", lengths, len);
  const out = empty([batch, cols]);
  const dims = { batch, len, cols };
  if (out.length > 0) kernels.meanPoolForward({ x, lengths: sizes, keep, out, ...dims });

  const saved = [sizes, keep].filter((tensor) => tensor !== null);
  record(out, [x], saved, (dOut, grads) => {
    const dX = grads.empty(0);
    if (dX.length > 0) kernels.meanPoolBackward({ dOut, lengths: sizes, keep, dX, ...dims });
    return [dX];
  });
  sizes?.dispose();
  return out;
}

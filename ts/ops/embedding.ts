import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { expectAxes, expectDType } from "../tensor/shape.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";

/**
 * Rows of `weight [vocab, embedDim]` by `ids` (int32, any shape): out `[...ids.shape, embedDim]`. The row `paddingIdx` (from the
 * end if negative) gets no gradient. Throws `RANGE` for an id outside the vocabulary, `RANK`, `DTYPE`, `DISPOSED`.
 */
export function embedding(ids: Tensor, weight: Tensor, { paddingIdx = null }: { paddingIdx?: number | null } = {}): Tensor {
  expectAlive("embedding", ids);
  expectDType("embedding", { ids }, "int32");
  expectFloat("embedding", { weight });
  expectAxes("embedding", { weight }, ["vocab", "embedDim"]);
  const [vocab, cols] = weight.shape as [number, number];
  const padding = resolvePadding(paddingIdx, vocab);
  expectIds(ids, vocab);
  const dims = { count: ids.length, vocab, cols };
  const out = empty([...ids.shape, cols]);
  if (out.length > 0) kernels.embeddingForward({ ids, weight, out, ...dims });
  return record(out, [weight], [ids], (dOut, grads) => {
    const dWeight = grads.empty(0);
    if (dWeight.length === 0) return [dWeight];
    if (ids.length > 0) kernels.embeddingBackward({ ids, dOut, dWeight, ...dims, paddingIdx: padding });
    else kernels.fill({ out: dWeight, n: dWeight.length, value: 0 });
    return [dWeight];
  });
}

/** The kernel's convention: −1 is none. */
function resolvePadding(paddingIdx: number | null, vocab: number): number {
  if (paddingIdx === null) return -1;
  if (Number.isInteger(paddingIdx) && paddingIdx >= -vocab && paddingIdx < vocab)
    return paddingIdx < 0 ? paddingIdx + vocab : paddingIdx;
  throw new FoveaError("RANGE", `embedding: paddingIdx must be from ${-vocab} to ${vocab - 1}, got ${paddingIdx}`);
}

function expectIds(ids: Tensor, vocab: number): void {
  const view = ids.view();
  for (let i = 0; i < view.length; i += 1) {
    const id = view[i]!;
    if (id >= 0 && id < vocab) continue;
    throw new FoveaError("RANGE", `embedding: ids must be from 0 to ${vocab - 1} (vocab ${vocab}), got ${id} at element ${i}`);
  }
}

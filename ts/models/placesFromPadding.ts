import { tensor } from "../tensor/create.ts";
import { expectDType } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * Positions as RoBERTa counts them, int32 as `ids [batch, seqLen]`: padding stands at `paddingIdx`, the first token that is none at
 * `paddingIdx + 1`, the next ones follow. Throws `DTYPE`.
 */
export function placesFromPadding(ids: Tensor, paddingIdx: number): Tensor {
  expectDType("placesFromPadding", { ids }, "int32");
  const seqLen = ids.shape[1]!;
  let real = 0;
  const places = Int32Array.from(ids.view(), (id, at) => {
    if (at % seqLen === 0) real = 0;
    if (id === paddingIdx) return paddingIdx;
    real += 1;
    return paddingIdx + real;
  });
  return tensor(places, ids.shape);
}

import type { DType } from "../runtime/buffer.ts";
import { FoveaError } from "../runtime/errors.ts";
import { expectDType } from "../tensor/shape.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";

/**
 * A row for each of `ids`, int32, that is 1 at the id and 0 elsewhere: `[...ids.shape, numClasses]`, of `dtype` float32 unless another is
 * given. Throws `RANGE` for an id outside of the classes, `DTYPE`, `DISPOSED`.
 */
export function oneHot(ids: Tensor, numClasses: number, { dtype = "float32" }: { dtype?: DType } = {}): Tensor {
  expectAlive("oneHot", ids);
  expectDType("oneHot", { ids }, "int32");
  ids.view().forEach((id, i) => {
    if (!(id >= 0 && id < numClasses))
      throw new FoveaError("RANGE", `oneHot: ids must be from 0 to ${numClasses - 1}, got ${id} at element ${i}`);
  });
  const out = empty([...ids.shape, numClasses], dtype);
  const view = out.view().fill(0);
  ids.view().forEach((id, i) => {
    view[i * numClasses + id] = 1;
  });
  return out;
}

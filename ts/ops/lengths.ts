import { FoveaError } from "../runtime/errors.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";

/** `lengths` as the kernels take them: int32, each from 0 to `longest`. Throws `RANGE`. */
export function lengthsTensor(op: string, lengths: ArrayLike<number>, longest: number): Tensor {
  for (let i = 0; i < lengths.length; i += 1) {
    const length = lengths[i]!;
    if (Number.isInteger(length) && length >= 0 && length <= longest) continue;
    throw new FoveaError("RANGE", `${op}: lengths must be whole numbers from 0 to ${longest}, got ${length} for item ${i}`);
  }
  const tensor = empty([lengths.length], "int32");
  tensor.view().set(lengths);
  return tensor;
}

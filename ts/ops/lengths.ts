import { FoveaError } from "../runtime/errors.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";

/** `lengths` as the kernels take them: int32, each from 0 to `longest`. `name` is named in errors. Throws `RANGE`. */
export function lengthsTensor(op: string, lengths: ArrayLike<number>, longest: number, name = "lengths"): Tensor {
  for (let i = 0; i < lengths.length; i += 1) {
    const length = lengths[i]!;
    if (Number.isInteger(length) && length >= 0 && length <= longest) continue;
    throw new FoveaError("RANGE", `${op}: ${name} must be whole numbers from 0 to ${longest}, got ${length} for item ${i}`);
  }
  const tensor = empty([lengths.length], "int32");
  tensor.view().set(lengths);
  return tensor;
}

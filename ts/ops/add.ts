import type { Tensor } from "../tensor/tensor.ts";
import { binary } from "./binary.ts";

/** `x + y`, element by element; shapes are broadcast as NumPy does, either may be a number. Throws `SHAPE`, `DTYPE`, `DISPOSED`. */
export function add(x: Tensor | number, y: Tensor | number): Tensor {
  return binary("add", x, y, () => ({ saved: [], slopes: [(dOut) => dOut, (dOut) => dOut] }));
}

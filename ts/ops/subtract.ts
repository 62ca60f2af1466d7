import type { Tensor } from "../tensor/tensor.ts";
import { binary } from "./binary.ts";
import { sumTo } from "./expand.ts";
import { negated } from "./scale.ts";

/** `x − y`, element by element; shapes are broadcast as NumPy does, either may be a number. Throws `SHAPE`, `DTYPE`, `DISPOSED`. */
export function subtract(x: Tensor | number, y: Tensor | number): Tensor {
  return binary("subtract", x, y, (_, y) => ({ saved: [], slopes: [(dOut) => dOut, (dOut) => negated(sumTo(dOut, y.shape))] }));
}

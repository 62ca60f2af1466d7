import type { Tensor } from "../tensor/tensor.ts";
import { binary, pairwise } from "./binary.ts";

/** `x · y`, element by element; shapes are broadcast as NumPy does, either may be a number. Throws `SHAPE`, `DTYPE`, `DISPOSED`. */
export function multiply(x: Tensor | number, y: Tensor | number): Tensor {
  return binary("multiply", x, y, (x, y) => ({
    saved: [x, y],
    slopes: [(dOut, place) => pairwise("multiply", dOut, y, place()), (dOut, place) => pairwise("multiply", dOut, x, place())],
  }));
}

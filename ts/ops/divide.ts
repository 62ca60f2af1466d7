import type { Tensor } from "../tensor/tensor.ts";
import { binary, pairwise } from "./binary.ts";
import { negated } from "./scale.ts";

/** `x / y`, element by element; shapes are broadcast as NumPy does, either may be a number. Throws `SHAPE`, `DTYPE`, `DISPOSED`. */
export function divide(x: Tensor | number, y: Tensor | number): Tensor {
  return binary("divide", x, y, (_, y, out) => ({
    saved: [y, out],
    slopes: [
      (dOut, place) => pairwise("divide", dOut, y, place()),
      (dOut, place) => pairwise("multiply", pairwise("divide", dOut, y), negated(out), place()),
    ],
  }));
}

import type { Tensor } from "../tensor/tensor.ts";
import { binary, pairwise } from "./binary.ts";

/**
 * The larger of `x` and `y`, element by element, NaN if either is; shapes are broadcast as NumPy does, either may be a number. Where
 * they are equal each gets half of the gradient. Throws `SHAPE`, `DTYPE`, `DISPOSED`.
 */
export function maximum(x: Tensor | number, y: Tensor | number): Tensor {
  return binary("maximum", x, y, (x, y) => ({ saved: [x, y], slopes: [shareOf(x, y), shareOf(y, x)] }));
}

/** The smaller of `x` and `y`, as `maximum` is the larger. */
export function minimum(x: Tensor | number, y: Tensor | number): Tensor {
  return binary("minimum", x, y, (x, y) => ({ saved: [x, y], slopes: [shareOf(y, x), shareOf(x, y)] }));
}

const shareOf =
  (winner: Tensor, other: Tensor) =>
  (dOut: Tensor, place: () => Tensor | undefined): Tensor =>
    pairwise("multiply", dOut, pairwise("share", winner, other), place());

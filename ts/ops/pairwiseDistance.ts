import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import { expectShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { expectFloat } from "./checks.ts";
import { abs, neg, pow, sqrt, square } from "./elementary.ts";
import { scalar } from "./reduction.ts";
import { sum } from "./sum.ts";

export interface PairwiseDistanceOptions {
  /** Of the norm: 2 for the straight line, 1 for the sum of the differences. */
  p?: number;
  /** Added to each difference, so that equal rows have a slope. */
  eps?: number;
  /** Leave the last axis in place, with size 1. */
  keepdim?: boolean;
}

/**
 * `‖x − y + eps‖ₚ` of each row: `x` and `y` `[..., width]`, out `[...]`. Throws `SHAPE`, `RANK`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function pairwiseDistance(
  x: Tensor,
  y: Tensor,
  { p = 2, eps = 1e-6, keepdim = false }: PairwiseDistanceOptions = {},
): Tensor {
  expectFloat("pairwiseDistance", { x, y });
  expectShape("pairwiseDistance", { y }, x.shape);
  if (!(p > 0 && p < Number.POSITIVE_INFINITY))
    throw new FoveaError("RANGE", `pairwiseDistance: p must be above 0 and finite, got ${p}`);
  const along = { axis: -1, keepdim };
  return scope(() => {
    const difference = add(add(x, neg(y)), scalar(eps));
    if (p === 2) return sqrt(sum(square(difference), along));
    const distance = sum(p === 1 ? abs(difference) : pow(abs(difference), p), along);
    return p === 1 ? distance : pow(distance, 1 / p);
  });
}

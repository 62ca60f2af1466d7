import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { pairwise } from "./binary.ts";
import { expectFloat } from "./checks.ts";
import { abs, pow, sqrt } from "./elementary.ts";
import { max, min } from "./extremes.ts";
import { folded, type ReduceOptions, reduceWith, slopeOfRoot } from "./fold.ts";
import { sum } from "./sum.ts";

export interface NormOptions extends ReduceOptions {
  /** 2 for Euclid's, 1 for the sum of magnitudes, ±Infinity for the largest and smallest magnitude, or another number but 0. */
  p?: number;
}

/**
 * The length of all elements as one vector, or of the vectors along one or several axes: `(Σ |x|ᵖ)^(1/p)`. Euclid's has gradient 0 at
 * the origin. Throws `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function norm(x: Tensor, { p = 2, ...options }: NormOptions = {}): Tensor {
  expectFloat("norm", { x });
  if (p === 2) return euclidean(x, options);
  if (Number.isNaN(p) || p === 0) throw new FoveaError("RANGE", `norm: p must be a number other than 0, got ${p}`);
  return scope(() => {
    const magnitudes = abs(x);
    if (p === Infinity) return max(magnitudes, options);
    if (p === -Infinity) return min(magnitudes, options);
    return p === 1 ? sum(magnitudes, options) : pow(sum(pow(magnitudes, p), options), 1 / p);
  });
}

function euclidean(x: Tensor, options: ReduceOptions): Tensor {
  return reduceWith("norm", x, options, (middle) => {
    const squares = folded("squares", middle);
    const out = noGrad(() => sqrt(squares));
    squares.dispose();
    return record(out, [middle.x], [middle.x, out], (dOut, grads) => {
      const dX = grads.empty(0);
      const { outer, len, inner } = middle.dims;
      const [whole, each] = [
        [outer, len, inner],
        [outer, 1, inner],
      ];
      pairwise("multiply", middle.x.reshape(whole), slopeOfRoot(dOut, out, 1).reshape(each), dX.reshape(whole));
      return [dX];
    });
  });
}

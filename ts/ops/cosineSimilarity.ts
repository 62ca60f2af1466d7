import { scope } from "../tensor/scope.ts";
import { asRows, expectShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";
import { multiply } from "./multiply.ts";
import { rmsNorm } from "./rmsNorm.ts";
import { scale } from "./scale.ts";
import { sum } from "./sum.ts";

/**
 * The cosine of the angle between each row of `x` and that of `y`, `x · y / √((‖x‖² + eps²) (‖y‖² + eps²))`: `x` and `y`
 * `[..., width]`, out `[...]`; 0 where either is 0. Throws `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`.
 */
export function cosineSimilarity(x: Tensor, y: Tensor, { eps = 1e-8 }: { eps?: number } = {}): Tensor {
  expectFloat("cosineSimilarity", { x, y });
  expectShape("cosineSimilarity", { y }, x.shape);
  const { cols } = asRows("cosineSimilarity", x);
  return scope(() => scale(sum(multiply(toLengthRoot(x, eps), toLengthRoot(y, eps)), { axis: -1 }), 1 / cols));
}

/** Rows of `x` to length `√width`: whole vectors of length 1 but for a factor that is cheaper taken from what they become. */
export function toLengthRoot(x: Tensor, eps: number): Tensor {
  return rmsNorm(x, null, { eps: (eps * eps) / x.shape.at(-1)! });
}

import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import { axisOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";
import { clamp, rsqrt, square } from "./elementary.ts";
import { multiply } from "./multiply.ts";
import { sum } from "./sum.ts";

export interface NormalizeOptions {
  axis?: number;
  /** What the length is at least taken for: vectors of 0 stay 0. */
  eps?: number;
}

/** `x / max(‖x‖, eps)`: the vectors along `axis` to length 1. Throws `RANGE`, `DTYPE`, `DISPOSED`. */
export function normalize(x: Tensor, { axis = -1, eps = 1e-12 }: NormalizeOptions = {}): Tensor {
  expectFloat("normalize", { x });
  axisOf("normalize", axis, x.shape);
  // Its square is what is compared, and float32 holds that no further.
  if (!(eps >= 1e-18)) throw new FoveaError("RANGE", `normalize: eps must be at least 1e-18, got ${eps}`);
  return scope(() => {
    const squares = sum(square(x), { axis, keepdim: true });
    return multiply(x, rsqrt(clamp(squares, { min: eps ** 2 })));
  });
}

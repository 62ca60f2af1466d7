import { FoveaError } from "../runtime/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { scale } from "./scale.ts";
import { unary } from "./unary.ts";

// Element by element, all of them: out has the shape of `x`. Each throws `DTYPE`, `DISPOSED`.

/** `eˣ`. */
export function exp(x: Tensor): Tensor {
  return unary("exp", "exp", x);
}

/** The natural logarithm: −∞ at 0, NaN below. */
export function log(x: Tensor): Tensor {
  return unary("log", "log", x);
}

/** `√x`, NaN below 0. */
export function sqrt(x: Tensor): Tensor {
  return unary("sqrt", "sqrt", x);
}

/** `1 / √x`. */
export function rsqrt(x: Tensor): Tensor {
  return unary("rsqrt", "rsqrt", x);
}

/** `1 / x`. */
export function reciprocal(x: Tensor): Tensor {
  return unary("reciprocal", "reciprocal", x);
}

/** `x²`. */
export function square(x: Tensor): Tensor {
  return unary("square", "square", x);
}

/** `|x|`; its gradient at 0 is 0. */
export function abs(x: Tensor): Tensor {
  return unary("abs", "abs", x);
}

/** `−x`. */
export function neg(x: Tensor): Tensor {
  return scale(x, -1);
}

/** The sine of `x` in radians, within 1e-7 for numbers of any size. */
export function sin(x: Tensor): Tensor {
  return unary("sin", "sine", x);
}

/** The cosine of `x` in radians, likewise. */
export function cos(x: Tensor): Tensor {
  return unary("cos", "sine", x, 1);
}

/** `x` to the power `exponent`, a number; NaN where `x` is negative and the exponent not whole. */
export function pow(x: Tensor, exponent: number): Tensor {
  return unary("pow", "power", x, exponent);
}

export interface ClampOptions {
  min?: number;
  max?: number;
}

/** `x`, but `min` where it is below and `max` where it is above; the gradient passes within the bounds and at them. Throws `RANGE` for NaN. */
export function clamp(x: Tensor, { min = -Infinity, max = Infinity }: ClampOptions): Tensor {
  if (Number.isNaN(min) || Number.isNaN(max))
    throw new FoveaError("RANGE", `clamp: min and max must be numbers, got min ${min} and max ${max}`);
  return unary("clamp", "clamp", x, min, max);
}

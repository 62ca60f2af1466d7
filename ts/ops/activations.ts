import type { Tensor } from "../tensor/tensor.ts";
import { unary } from "./unary.ts";

// Element by element, PyTorch's formulas and defaults; ReLU and GELU have files of their own. Each throws `DTYPE`, `DISPOSED`.

/** `1 / (1 + e⁻ˣ)`. */
export function sigmoid(x: Tensor): Tensor {
  return unary("sigmoid", "sigmoid", x);
}

/** The hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  return unary("tanh", "tanh", x);
}

/** `x · sigmoid(x)` (Elfwing, Uchibe and Doya 2017), also known as swish. */
export function silu(x: Tensor): Tensor {
  return unary("silu", "silu", x);
}

/** `x · tanh(softplus(x))` (Misra 2019). */
export function mish(x: Tensor): Tensor {
  return unary("mish", "mish", x);
}

export interface SoftplusOptions {
  beta?: number;
  /** Where `beta · x` is above it, `x` itself is the result. */
  threshold?: number;
}

/** `ln(1 + e^(beta · x)) / beta`. */
export function softplus(x: Tensor, { beta = 1, threshold = 20 }: SoftplusOptions = {}): Tensor {
  return unary("softplus", "softplus", x, beta, threshold);
}

/** `x` where it is positive, elsewhere `alpha · (eˣ − 1)` (Clevert, Unterthiner and Hochreiter 2016). */
export function elu(x: Tensor, { alpha = 1 }: { alpha?: number } = {}): Tensor {
  return unary("elu", "elu", x, alpha);
}

/** `x` where it is positive, elsewhere `negativeSlope · x` (Maas, Hannun and Ng 2013). */
export function leakyRelu(x: Tensor, { negativeSlope = 0.01 }: { negativeSlope?: number } = {}): Tensor {
  return unary("leakyRelu", "leakyRelu", x, negativeSlope);
}

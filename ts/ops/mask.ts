import { FoveaError } from "../runtime/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * Which keys a query may attend to, as a description: the kernel reads it and never computes tiles that are masked as a whole.
 * Made by the functions below; a bare boolean tensor is none, as nobody can see whether its true means yes or no.
 */
export type Mask =
  | { readonly kind: "causal"; readonly offset: number }
  | { readonly kind: "window"; readonly size: number }
  | { readonly kind: "lengths"; readonly lengths: ArrayLike<number> }
  | { readonly kind: "keep"; readonly mask: Tensor }
  | { readonly kind: "drop"; readonly mask: Tensor }
  | { readonly kind: "bias"; readonly bias: Tensor }
  | { readonly kind: "all"; readonly masks: readonly Mask[] };

/**
 * Query i sees key j if j ≤ i + offset. With unequal lengths say which corner is meant, 3 queries and 5 keys:
 *
 *     causal()               causal({ offset: 2 })    = keyLen − queryLen
 *     1 0 0 0 0              1 1 1 0 0
 *     1 1 0 0 0              1 1 1 1 0
 *     1 1 1 0 0              1 1 1 1 1
 *
 * Throws `RANGE`.
 */
export function causal({ offset = 0 }: { offset?: number } = {}): Mask {
  if (!Number.isInteger(offset)) throw new FoveaError("RANGE", `causal: offset must be a whole number, got ${offset}`);
  return { kind: "causal", offset };
}

/**
 * Query i sees key j if |i − j| ≤ size; together with `causal`, those not later than i + offset and at most `size` before it.
 * Throws `RANGE`.
 *
 *     window(1)              all(causal(), window(1))
 *     1 1 0 0                1 0 0 0
 *     1 1 1 0                1 1 0 0
 *     0 1 1 1                0 1 1 0
 *     0 0 1 1                0 0 1 1
 */
export function window(size: number): Mask {
  if (!Number.isInteger(size) || size < 0)
    throw new FoveaError("RANGE", `window: size must be a whole number of at least 0, got ${size}`);
  return { kind: "window", size };
}

/** Of item b of the batch the first `lengths[b]` keys are seen: the others are padding. */
export function lengths(lengths: ArrayLike<number>): Mask {
  return { kind: "lengths", lengths };
}

/** A bool tensor, true where a query **may** attend; broadcast to `[batch, numHeads, queryLen, keyLen]` as NumPy does. */
export function keep(mask: Tensor): Mask {
  return { kind: "keep", mask };
}

/** A bool tensor, true where a query may **not** attend; broadcast to `[batch, numHeads, queryLen, keyLen]` as NumPy does. */
export function drop(mask: Tensor): Mask {
  return { kind: "drop", mask };
}

/**
 * Numbers added to the scores, broadcast to `[batch, numHeads, queryLen, keyLen]` as NumPy does; they get a gradient. −∞ masks.
 */
export function bias(bias: Tensor): Mask {
  return { kind: "bias", bias };
}

/** A key is seen if every mask lets it be seen; biases add up. */
export function all(...masks: readonly (Mask | null | undefined)[]): Mask {
  return { kind: "all", masks: masks.filter((mask) => mask != null) };
}

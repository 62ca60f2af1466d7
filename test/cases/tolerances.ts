import type { Bound } from "./types.ts";

/** A few roundings of the largest value: what reordering a sum of few terms may cost. */
export const rounding = {
  factor: 2,
  relative: 2.4e-7,
  source: "two units of the last place of the largest result",
} satisfies Bound;

/** The same where 0 means left out. */
export const roundingOrZero = { ...rounding, zeros: "exact" } satisfies Bound;

/** Gradients: three times what plain loops cost. */
export const gradient = {
  factor: 3,
  relative: 1e-5,
  source: "1e-5 of the largest gradient, as PyTorch's own tests; factor 3 as flash-attention's",
} satisfies Bound;

/** Where terms of about 5 cancel, to 0 in the end, a unit of their last place remains. */
export const cancelling = { ...gradient, absolute: 5e-7 } satisfies Bound;

/** Where a masked or ignored element has no gradient at all. */
export const gradientOrZero = { ...gradient, zeros: "exact" } satisfies Bound;

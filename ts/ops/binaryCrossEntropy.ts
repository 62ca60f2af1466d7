import { FoveaError } from "../runtime/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";
import { elementwiseLoss } from "./elementwiseLoss.ts";
import type { LossOptions } from "./reduction.ts";

export interface BinaryCrossEntropyOptions extends LossOptions {
  /** What each loss counts, repeated to the shape of `x`; a constant. */
  weight?: Tensor | null;
}

export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** What the positive side counts, repeated to the shape of `logits`: above 1 for recall, below for precision. A constant. */
  posWeight?: Tensor | null;
}

/**
 * `−target · ln σ(logits) − (1 − target) · ln(1 − σ(logits))`, element by element; both of one shape, targets from 0 to 1. It is
 * precise where `binaryCrossEntropy` of a sigmoid has run out of digits. Throws `SHAPE`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  { weight = null, posWeight = null, reduction = "mean" }: BinaryCrossEntropyWithLogitsOptions = {},
): Tensor {
  return elementwiseLoss("binaryCrossEntropyWithLogits", logits, target, { kind: "logits", weight, posWeight, reduction });
}

/**
 * `−target · ln x − (1 − target) · ln(1 − x)`, element by element; both of one shape and from 0 to 1. The logarithms stop at −100.
 * Throws `RANGE` for an `x` that is no probability, `SHAPE`, `DTYPE`, `DISPOSED`.
 */
export function binaryCrossEntropy(
  x: Tensor,
  target: Tensor,
  { weight = null, reduction = "mean" }: BinaryCrossEntropyOptions = {},
): Tensor {
  expectFloat("binaryCrossEntropy", { x });
  const wrong = x.view().findIndex((value) => value < 0 || value > 1);
  if (wrong >= 0)
    throw new FoveaError(
      "RANGE",
      `binaryCrossEntropy: x must be from 0 to 1, got ${x.view()[wrong]} at element ${wrong}; ` +
        "for logits there is binaryCrossEntropyWithLogits",
    );
  return elementwiseLoss("binaryCrossEntropy", x, target, { kind: "probability", weight, reduction });
}

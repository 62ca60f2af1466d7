import { FoveaError } from "../runtime/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementwiseLoss } from "./elementwiseLoss.ts";
import type { LossOptions } from "./reduction.ts";

// Losses of the difference of `x` and `target`, element by element. Each throws `SHAPE`, unless both have one shape, `RANGE`,
// `DTYPE`, `DISPOSED`.

/** `(x − target)²`. */
export function mseLoss(x: Tensor, target: Tensor, { reduction = "mean" }: LossOptions = {}): Tensor {
  return elementwiseLoss("mseLoss", x, target, { kind: "bent", beta: Number.POSITIVE_INFINITY, scale: 2, reduction });
}

/** `|x − target|`. */
export function l1Loss(x: Tensor, target: Tensor, { reduction = "mean" }: LossOptions = {}): Tensor {
  return elementwiseLoss("l1Loss", x, target, { kind: "absolute", reduction });
}

export interface SmoothL1LossOptions extends LossOptions {
  /** From which difference on the loss is straight; at 0 it is `l1Loss`. */
  beta?: number;
}

/** With `d = |x − target|`: `d² / 2β` below β, else `d − β / 2` (Girshick 2015). */
export function smoothL1Loss(x: Tensor, target: Tensor, { beta = 1, reduction = "mean" }: SmoothL1LossOptions = {}): Tensor {
  if (!(beta >= 0)) throw new FoveaError("RANGE", `smoothL1Loss: beta must be at least 0, got ${beta}`);
  const bent = beta === 0 ? ({ kind: "absolute" } as const) : ({ kind: "bent", beta, scale: 1 / beta } as const);
  return elementwiseLoss("smoothL1Loss", x, target, { ...bent, reduction });
}

export interface HuberLossOptions extends LossOptions {
  /** From which difference on the loss is straight. */
  delta?: number;
}

/** With `d = |x − target|`: `d² / 2` below δ, else `δ (d − δ / 2)` (Huber 1964). */
export function huberLoss(x: Tensor, target: Tensor, { delta = 1, reduction = "mean" }: HuberLossOptions = {}): Tensor {
  if (!(delta > 0)) throw new FoveaError("RANGE", `huberLoss: delta must be above 0, got ${delta}`);
  return elementwiseLoss("huberLoss", x, target, { kind: "bent", beta: delta, reduction });
}

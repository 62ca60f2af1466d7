import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { total } from "./sum.ts";

/** What becomes of many losses: themselves, or a single number, their sum, perhaps over how many they are. */
export type Reduction = "none" | "mean" | "sum";

export interface LossOptions {
  reduction?: Reduction;
}

const REDUCTIONS: readonly Reduction[] = ["none", "mean", "sum"];

/** Throws `RANGE` for a name that is none of them. */
export function expectReduction(op: string, reduction: string, allowed: readonly string[] = REDUCTIONS): void {
  if (allowed.includes(reduction)) return;
  const names = allowed.map((name) => JSON.stringify(name)).join(", ");
  throw new FoveaError("RANGE", `${op}: reduction must be one of ${names}, got ${JSON.stringify(reduction)}`);
}

/** `losses` reduced, the sum divided by `divisor`; they are freed unless they are the result. */
export function reduced(losses: Tensor, reduction: Reduction, divisor: number): Tensor {
  if (reduction === "none") return losses;
  const out = scalar(total(losses) / divisor);
  losses.dispose();
  return out;
}

/**
 * The gradient of each of `shape`'s losses from that of what `reduced` made of them. With nothing to divide by there is no slope
 * either, rather than 0 / 0.
 */
export function lossGradients(dOut: Tensor, shape: readonly number[], reduction: Reduction, divisor: number): Tensor {
  if (reduction === "none") return dOut;
  const out = empty(shape);
  if (out.length > 0) kernels.fill({ out, n: out.length, value: divisor === 0 ? 0 : dOut.item() / divisor });
  return out;
}

/** A tensor of one number. */
export function scalar(value: number): Tensor {
  const out = empty([]);
  out.view()[0] = value;
  return out;
}

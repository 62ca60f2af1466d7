import type { Tensor } from "../tensor/tensor.ts";
import { elementwiseLoss } from "./elementwiseLoss.ts";
import { expectReduction, type Reduction } from "./reduction.ts";

export interface KLDivOptions {
  /** `"mean"` divides by all elements, `"batchmean"` by the first axis: only that is the divergence. */
  reduction?: Reduction | "batchmean";
  /** Whether `target` holds logarithms too. */
  logTarget?: boolean;
}

/**
 * The divergence of `target` from the distributions whose logarithms `x` holds (Kullback and Leibler 1951), element by element:
 * `target · (ln target − x)`, 0 where `target` is. Both have one shape. Throws `SHAPE`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function klDiv(x: Tensor, target: Tensor, { reduction = "mean", logTarget = false }: KLDivOptions = {}): Tensor {
  expectReduction("klDiv", reduction, ["none", "mean", "sum", "batchmean"]);
  const kind = logTarget ? "klOfLog" : "kl";
  if (reduction !== "batchmean") return elementwiseLoss("klDiv", x, target, { kind, reduction });
  return elementwiseLoss("klDiv", x, target, { kind, reduction: "mean", divisor: x.shape[0] ?? 1 });
}

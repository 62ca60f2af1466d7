import { scope } from "../tensor/scope.ts";
import { expectShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { expectFloat } from "./checks.ts";
import { logSoftmax } from "./logSumExp.ts";
import { multiply } from "./multiply.ts";
import type { Reduction } from "./reduction.ts";
import { scale } from "./scale.ts";
import { sum } from "./sum.ts";

interface ChancesOptions {
  weight: Tensor | null;
  smoothing: number;
  reduction: Reduction;
}

/**
 * `−Σ_c chances[c] · weight[c] · log softmax(logits)[c]`, both `[..., classes]`, the chances mixed with `1 / classes` by `smoothing`. The mean divides by
 * the rows, whatever the weights, as PyTorch's. Made of ops, and so with a gradient of the chances too.
 */
export function crossEntropyOfChances(op: string, logits: Tensor, chances: Tensor, options: ChancesOptions): Tensor {
  const { weight, smoothing, reduction } = options;
  expectFloat(op, { logits, labels: chances, weight });
  expectShape(op, { labels: chances }, logits.shape);
  expectShape(op, { weight }, logits.shape.slice(-1));
  const classes = logits.shape.at(-1)!;
  return scope(() => {
    const logChances = logSoftmax(logits);
    const weighted = weight === null ? logChances : multiply(logChances, weight);
    let losses = scale(sum(multiply(chances, weighted), { axis: -1 }), smoothing - 1);
    if (smoothing > 0) losses = add(losses, scale(sum(weighted, { axis: -1 }), -smoothing / classes));
    if (reduction === "none") return losses;
    return reduction === "sum" ? sum(losses) : scale(sum(losses), 1 / losses.length);
  });
}

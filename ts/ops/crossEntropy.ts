import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import { kernels } from "../runtime/kernels.gen.ts";
import { asRows, expectDType, expectShape } from "../tensor/shape.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";
import { expectFloat, expectProbability } from "./checks.ts";
import { total } from "./sum.ts";

export interface CrossEntropyOptions {
  /** One factor per class, `[classes]`. */
  weight?: Tensor | null;
  /** A label that does not count. */
  ignoreIndex?: number;
  /** The share of the target that is spread evenly over all classes. */
  labelSmoothing?: number;
  /** `"mean"` divides by the number of labels that count; with `weight`, by the sum of their weights. */
  reduction?: "none" | "mean" | "sum";
}

/**
 * `−log softmax(logits)[label]`: `logits [..., classes]`, `labels` int32 `[...]`; a single number, or `[...]` with `reduction:
 * "none"`. PyTorch's formula for class weights and label smoothing, but the classes are always the last axis. If no label counts,
 * the mean is NaN, as PyTorch's, and its gradient 0.
 *
 * Throws `RANGE` for a label outside the classes, `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`.
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  { weight = null, ignoreIndex = -100, labelSmoothing: smoothing = 0, reduction = "mean" }: CrossEntropyOptions = {},
): Tensor {
  const { rows, cols } = checkArguments(logits, labels, weight, smoothing);
  const counted = countLabels(labels, cols, ignoreIndex, weight);
  const settings = { rows, cols, ignoreIndex, smoothing };
  const losses = empty(labels.shape);
  const lse = empty([rows]);
  if (rows > 0) kernels.crossEntropyForward({ logits, labels, classWeights: weight, losses, lse, ...settings });
  const divisor = reduction === "mean" ? counted : 1;
  const out = reduction === "none" ? losses : mean(losses, divisor);

  const saved = weight === null ? [logits, labels, lse] : [logits, labels, weight, lse];
  record(out, [logits], saved, (dOut, grads) => {
    const dLogits = grads.empty(0);
    if (dLogits.length === 0) return [dLogits];
    const dLosses = reduction === "none" ? dOut : empty([rows]);
    // With no label to count there is no slope either, rather than 0 / 0.
    if (dLosses !== dOut) kernels.fill({ out: dLosses, n: rows, value: divisor === 0 ? 0 : dOut.item() / divisor });
    kernels.crossEntropyBackward({ logits, labels, classWeights: weight, lse, dLosses, dLogits, ...settings });
    return [dLogits];
  });
  lse.dispose();
  return out;
}

/** The sum of `losses` over `divisor`, as a scalar; frees `losses`. */
function mean(losses: Tensor, divisor: number): Tensor {
  const out = empty([]);
  out.view()[0] = total(losses) / divisor;
  losses.dispose();
  return out;
}

function checkArguments(
  logits: Tensor,
  labels: Tensor,
  weight: Tensor | null,
  smoothing: number,
): { rows: number; cols: number } {
  expectFloat("crossEntropy", { logits, weight });
  expectAlive("crossEntropy", labels);
  expectDType("crossEntropy", { labels }, "int32");
  const dims = asRows("crossEntropy", logits);
  expectShape("crossEntropy", { labels }, logits.shape.slice(0, -1));
  expectShape("crossEntropy", { weight }, [dims.cols]);
  expectProbability("crossEntropy", "labelSmoothing", smoothing);
  return dims;
}

/** How many labels count, each by its class's weight. */
function countLabels(labels: Tensor, classes: number, ignoreIndex: number, weight: Tensor | null): number {
  const view = labels.view();
  const weights = weight?.view();
  let counted = 0;
  for (let i = 0; i < view.length; i += 1) {
    const label = view[i]!;
    if (label === ignoreIndex) continue;
    if (label < 0 || label >= classes)
      throw new FoveaError(
        "RANGE",
        `crossEntropy: labels must be from 0 to ${classes - 1} or ignoreIndex = ${ignoreIndex}, got ${label} at element ${i}`,
      );
    counted += weights ? weights[label]! : 1;
  }
  return counted;
}

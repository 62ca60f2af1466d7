import { record } from "../autograd/tape.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { asRows } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectProbability } from "./checks.ts";
import { crossEntropyOfChances } from "./crossEntropyOfChances.ts";
import { countLabels, expectLabels } from "./labels.ts";
import { expectReduction, type LossOptions, lossGradients, type Reduction, reduced } from "./reduction.ts";

export interface CrossEntropyOptions extends LossOptions {
  /** One factor per class, `[classes]`. */
  weight?: Tensor | null;
  /** A label that does not count. */
  ignoreIndex?: number;
  /** The share of the target that is spread evenly over all classes. */
  labelSmoothing?: number;
  /** `"mean"` divides by the number of labels that count; with `weight`, by the sum of their weights. */
  reduction?: Reduction;
}

/**
 * `−log softmax(logits)[label]`: `logits [..., classes]`, `labels` int32 `[...]`; a single number, or `[...]` with `reduction:
 * "none"`. PyTorch's formula for class weights and label smoothing, but the classes are always the last axis. If no label counts,
 * the mean is NaN, as PyTorch's, and its gradient 0.
 *
 * Labels that are float32 `[..., classes]` are the chances of each class; then `ignoreIndex` says nothing, the mean is over all rows and the chances
 * may have a gradient too.
 *
 * Throws `RANGE` for a label outside the classes, `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`.
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  { weight = null, ignoreIndex = -100, labelSmoothing: smoothing = 0, reduction = "mean" }: CrossEntropyOptions = {},
): Tensor {
  const op = "crossEntropy";
  const { rows, cols } = asRows(op, logits);
  expectProbability(op, "labelSmoothing", smoothing);
  expectReduction(op, reduction);
  if (labels.dtype === "float32" && labels.shape.length === logits.shape.length)
    return crossEntropyOfChances(op, logits, labels, { weight, smoothing, reduction });
  expectLabels(op, "logits", logits, labels, weight);
  const counted = countLabels(op, labels, cols, ignoreIndex, weight);
  const settings = { rows, cols, ignoreIndex, smoothing };
  const losses = empty(labels.shape);
  const lse = empty([rows]);
  if (rows > 0) kernels.crossEntropyForward({ logits, labels, classWeights: weight, losses, lse, ...settings });
  const divisor = reduction === "mean" ? counted : 1;
  const out = reduced(losses, reduction, divisor);

  const saved = weight === null ? [logits, labels, lse] : [logits, labels, weight, lse];
  record(out, [logits], saved, (dOut, grads) => {
    const dLogits = grads.empty(0);
    if (dLogits.length === 0) return [dLogits];
    const dLosses = lossGradients(dOut, labels.shape, reduction, divisor);
    kernels.crossEntropyBackward({ logits, labels, classWeights: weight, lse, dLosses, dLogits, ...settings });
    return [dLogits];
  });
  lse.dispose();
  return out;
}

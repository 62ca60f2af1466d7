import { record } from "../autograd/tape.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { asRows } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { countLabels, expectLabels } from "./labels.ts";
import { expectReduction, type LossOptions, lossGradients, reduced } from "./reduction.ts";

export interface NLLLossOptions extends LossOptions {
  /** One factor per class, `[classes]`. */
  weight?: Tensor | null;
  /** A label that does not count. */
  ignoreIndex?: number;
}

/**
 * `−logProbs[label]`: `logProbs [..., classes]`, `labels` int32 `[...]`; a single number, or `[...]` with `reduction: "none"`. The
 * mean is over the labels that count, with `weight` over the sum of their weights; the classes are always the last axis.
 * `crossEntropy` takes logits and is one kernel.
 *
 * Throws `RANGE` for a label outside the classes, `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`.
 */
export function nllLoss(
  logProbs: Tensor,
  labels: Tensor,
  { weight = null, ignoreIndex = -100, reduction = "mean" }: NLLLossOptions = {},
): Tensor {
  const { cols } = asRows("nllLoss", logProbs);
  expectLabels("nllLoss", "logProbs", logProbs, labels, weight);
  expectReduction("nllLoss", reduction);
  const counted = countLabels("nllLoss", labels, cols, ignoreIndex, weight);
  const rows = { labels, cols, ignoreIndex, weight };
  const losses = empty(labels.shape);
  const [from, to] = [logProbs.view(), losses.view().fill(0)];
  forCounted(rows, (row, at, factor) => {
    to[row] = -factor * from[at]!;
  });
  const divisor = reduction === "mean" ? counted : 1;
  const saved = weight === null ? [labels] : [labels, weight];
  return record(reduced(losses, reduction, divisor), [logProbs], saved, (dOut, grads) => {
    const dLogProbs = grads.empty(0);
    if (dLogProbs.length === 0) return [dLogProbs];
    kernels.fill({ out: dLogProbs, n: dLogProbs.length, value: 0 });
    const dLosses = lossGradients(dOut, labels.shape, reduction, divisor);
    const [from, to] = [dLosses.view(), dLogProbs.view()];
    forCounted(rows, (row, at, factor) => {
      to[at] = -factor * from[row]!;
    });
    return [dLogProbs];
  });
}

interface Rows {
  labels: Tensor;
  cols: number;
  ignoreIndex: number;
  weight: Tensor | null;
}

/** The rows that count: where their label's element is, and its class's weight. One element each, so no work for a kernel. */
function forCounted({ labels, cols, ignoreIndex, weight }: Rows, visit: (row: number, at: number, factor: number) => void): void {
  const weights = weight?.view();
  labels.view().forEach((label, row) => {
    if (label !== ignoreIndex) visit(row, row * cols + label, weights ? weights[label]! : 1);
  });
}

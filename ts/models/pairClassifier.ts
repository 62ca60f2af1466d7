import { Linear } from "../nn/linear.ts";
import { MultiheadAttention } from "../nn/multiheadAttention.ts";
import { concat } from "../ops/concat.ts";
import { lengths as lengthsMask } from "../ops/mask.ts";
import { meanPool } from "../ops/meanPool.ts";
import { multiply } from "../ops/multiply.ts";
import { subtract } from "../ops/subtract.ts";
import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import { formatShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { TextModel, type TextModelOptions } from "./textModel.ts";

export interface PairClassifierOptions extends Omit<TextModelOptions, "numTokenTypes"> {
  numClasses: number;
}

export interface PairClassifierCall {
  /** How many tokens of each are real; all of them if left out. */
  firstLengths?: ArrayLike<number> | null | undefined;
  secondLengths?: ArrayLike<number> | null | undefined;
  /** Also give the weights of the attention between the two, `[batch, numHeads, firstLen, secondLen]` and the other way round. */
  needWeights?: boolean;
}

type Lengths = ArrayLike<number> | null | undefined;

/**
 * One label for two sequences, such as whether one follows from the other: one encoder for both, attention from each to the other, a comparison of
 * every token with what it found there, a mean over the tokens, and both means side by side (Parikh et al. 2016; Chen et al. 2017).
 */
export class PairClassifier extends TextModel {
  readonly crossAttn: MultiheadAttention;
  readonly compare: Linear;
  readonly hidden: Linear;
  readonly classifier: Linear;

  /** Throws `SHAPE`, `RANGE`. */
  constructor(options: PairClassifierOptions) {
    const { dropout = 0.1, numHeads, dModel, numClasses } = options;
    super(options);
    this.crossAttn = new MultiheadAttention(dModel, numHeads, { dropout });
    // Queries and keys start as the same projection, so that a token looks for its like from the first step on.
    this.crossAttn.inProjWeight?.view().copyWithin(dModel * dModel, 0, dModel * dModel);
    this.compare = new Linear(4 * dModel, dModel);
    this.hidden = new Linear(4 * dModel, dModel);
    this.classifier = new Linear(dModel, numClasses);
  }

  /** `first` int32 `[batch, firstLen]`, `second` int32 `[batch, secondLen]` to logits `[batch, numClasses]`. Throws as `TextEncoder`. */
  forward(
    first: Tensor,
    second: Tensor,
    call: PairClassifierCall & { needWeights: true },
  ): { logits: Tensor; firstWeights: Tensor; secondWeights: Tensor };
  forward(first: Tensor, second: Tensor, call?: PairClassifierCall): Tensor;
  forward(
    first: Tensor,
    second: Tensor,
    { firstLengths, secondLengths, needWeights = false }: PairClassifierCall = {},
  ): Tensor | { logits: Tensor; firstWeights: Tensor; secondWeights: Tensor } {
    if (first.shape[0] !== second.shape[0])
      throw new FoveaError(
        "SHAPE",
        `PairClassifier: first and second must be as many, got ${formatShape(first.shape)} and ${formatShape(second.shape)}`,
      );
    const { logits, weights } = scope(() => {
      const [a, b] = [this.encode(first, { lengths: firstLengths }).out, this.encode(second, { lengths: secondLengths }).out];
      const fromFirst = this.#compared([a, firstLengths], [b, secondLengths], needWeights);
      const fromSecond = this.#compared([b, secondLengths], [a, firstLengths], needWeights);
      const logits = this.#classify(fromFirst.pooled, fromSecond.pooled);
      return { logits, weights: [fromFirst.weights, fromSecond.weights] };
    });
    const [firstWeights, secondWeights] = weights;
    return firstWeights && secondWeights ? { logits, firstWeights, secondWeights } : logits;
  }

  /** Each token of `own` beside what it found in `other`, and the mean of what that gives. */
  #compared(
    [own, ownLengths]: readonly [Tensor, Lengths],
    [other, otherLengths]: readonly [Tensor, Lengths],
    needWeights: boolean,
  ): { pooled: Tensor; weights: Tensor | undefined } {
    const mask = otherLengths ? lengthsMask(otherLengths) : null;
    const { out, weights } = this.crossAttn.forward(own, other, other, { mask, needWeights, averageAttnWeights: false });
    const compared = this.compare.forward(beside(own, out), { activation: "gelu" });
    return { pooled: meanPool(compared, { lengths: ownLengths }), weights };
  }

  #classify(a: Tensor, b: Tensor): Tensor {
    const hidden = this.hidden.forward(this.dropout.forward(beside(a, b)), { activation: "gelu" });
    return this.classifier.forward(this.dropout.forward(hidden));
  }
}

/** Both, where they differ, and what they have in common: four times as wide. */
function beside(a: Tensor, b: Tensor): Tensor {
  return concat([a, b, subtract(a, b), multiply(a, b)], { axis: -1 });
}

import { Linear } from "../nn/linear.ts";
import { LSTM } from "../nn/lstm.ts";
import { type Pool, type Pooling, poolOf } from "../nn/pooling.ts";
import { tanh } from "../ops/activations.ts";
import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type TextCall, TextModel, type TextModelOptions } from "./textModel.ts";

const HEADS = ["linear", "tanh", "lstm"] as const;

export interface SequenceClassifierOptions extends TextModelOptions {
  numClasses: number;
  /** What of the last layer is classified: the mean over the real tokens, the first token, the largest of each feature, or a mean by trained attention. */
  pooling?: Pooling;
  /**
   * What classifies: one linear layer; BERT's pooler before it, a linear layer and tanh; or a bidirectional LSTM over all positions before they
   * are pooled.
   */
  head?: (typeof HEADS)[number];
}

export type SequenceClassifierCall = TextCall;

/**
 * One label for a sequence, or with `numTokenTypes: 2` for a pair of them: embedding and positions, a `TransformerEncoder`, pooling over
 * the real tokens, a linear layer.
 */
export class SequenceClassifier extends TextModel {
  readonly lstm: LSTM | null;
  readonly pool: Pool;
  readonly pooler: Linear | null;
  readonly classifier: Linear;
  readonly pooling: Pooling;

  /** Throws `SHAPE`, `RANGE`. */
  constructor(options: SequenceClassifierOptions) {
    const { pooling = "mean", head = "linear" } = options;
    super(options);
    const { dModel, numClasses } = options;
    if (!HEADS.includes(head))
      throw new FoveaError("RANGE", `SequenceClassifier: head must be one of ${HEADS.join(", ")}, got ${JSON.stringify(head)}`);
    this.pooling = pooling;
    this.lstm = head === "lstm" ? new LSTM(dModel, Math.ceil(dModel / 2), { bidirectional: true }) : null;
    const width = this.lstm ? 2 * this.lstm.hiddenSize : dModel;
    this.pool = poolOf("SequenceClassifier", pooling, width);
    this.pooler = head === "tanh" ? new Linear(dModel, dModel) : null;
    this.classifier = new Linear(width, numClasses);
  }

  /**
   * `ids` int32 `[batch, seqLen]` to logits `[batch, numClasses]`. Throws `RANGE` for an id outside the vocabulary, `MASK`,
   * `RANK`, `SHAPE`, `DTYPE`, `DISPOSED`.
   */
  forward(ids: Tensor, call: SequenceClassifierCall & { needWeights: true }): { logits: Tensor; weights: Tensor[] };
  forward(ids: Tensor, call?: SequenceClassifierCall): Tensor;
  forward(ids: Tensor, call: SequenceClassifierCall = {}): Tensor | { logits: Tensor; weights: Tensor[] } {
    const result = scope(() => {
      const { out, weights } = this.encode(ids, call);
      return { logits: this.#classify(out, call), weights };
    });
    return call.needWeights ? result : result.logits;
  }

  #classify(x: Tensor, { lengths }: SequenceClassifierCall): Tensor {
    const states = this.lstm?.forward(x, { lengths }).out ?? x;
    const pooled = this.pool.forward(states, { lengths });
    return this.classifier.forward(this.pooler ? this.dropout.forward(tanh(this.pooler.forward(pooled))) : pooled);
  }
}

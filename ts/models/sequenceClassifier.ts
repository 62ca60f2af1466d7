import { Dropout } from "../nn/dropout.ts";
import { Embedding } from "../nn/embedding.ts";
import type { FeedForwardActivation } from "../nn/feedForward.ts";
import { LayerNorm } from "../nn/layerNorm.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { type Pool, type Pooling, poolOf } from "../nn/pooling.ts";
import { Positional } from "../nn/positional.ts";
import { TransformerEncoder } from "../nn/transformerEncoder.ts";
import { TransformerEncoderLayer } from "../nn/transformerEncoderLayer.ts";
import type { PositionalEncoding } from "../positional/positionalEncoding.ts";
import { sinusoidal } from "../positional/sinusoidal.ts";
import { scope } from "../tensor/scope.ts";
import { expectAxes } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface SequenceClassifierOptions {
  vocabSize: number;
  numClasses: number;
  dModel: number;
  numHeads: number;
  numLayers: number;
  /** Width of the feed-forward networks. Default `4 · dModel`. */
  dimFeedforward?: number;
  /** For the embeddings (`sinusoidal()`, `learned(512)`) or for attention (`rotary()`, `alibi()`, …), where all layers share it. */
  positional?: PositionalEncoding;
  /** What of the last layer is classified: the mean over the real tokens, the first token, or a mean by trained attention. */
  pooling?: Pooling;
  dropout?: number;
  /** Dropout of the embeddings with their positions. Default `dropout`. */
  embeddingDropout?: number;
  activation?: FeedForwardActivation;
  /** Normalise before each sub-layer, and once more after the last layer. */
  normFirst?: boolean;
  /** The id whose embedding stays 0. */
  paddingIdx?: number | null;
}

export interface SequenceClassifierCall {
  /** How many tokens of each item are real; all of them if left out. */
  lengths?: ArrayLike<number> | null | undefined;
  /** Also give each layer's attention weights, `[batch, numHeads, seqLen, seqLen]`. */
  needWeights?: boolean;
}

/** One label for a sequence: embedding and positions, a `TransformerEncoder`, pooling over the real tokens, a linear layer. */
export class SequenceClassifier extends Module {
  readonly embedding: Embedding;
  readonly positional: Positional;
  readonly dropout: Dropout;
  readonly encoder: TransformerEncoder;
  readonly pool: Pool;
  readonly classifier: Linear;
  readonly pooling: Pooling;

  /** Throws `SHAPE`, `RANGE`. */
  constructor(options: SequenceClassifierOptions) {
    super();
    const { vocabSize, numClasses, dModel, numHeads, numLayers, dimFeedforward = 4 * dModel } = options;
    const {
      positional = sinusoidal(),
      pooling = "mean",
      dropout = 0.1,
      embeddingDropout = dropout,
      activation = "relu",
      normFirst = false,
      paddingIdx = null,
    } = options;
    this.pooling = pooling;
    this.pool = poolOf("SequenceClassifier", pooling, dModel);
    this.embedding = new Embedding(vocabSize, dModel, { paddingIdx });
    this.positional = new Positional(positional, { embedDim: dModel, numHeads });
    this.dropout = new Dropout(embeddingDropout);
    const layer = new TransformerEncoderLayer(dModel, numHeads, {
      ...{ dimFeedforward, dropout, activation, normFirst },
      positional: this.positional.isForAttention ? this.positional : null,
    });
    this.encoder = new TransformerEncoder(layer, numLayers, { norm: normFirst ? new LayerNorm(dModel) : null });
    this.classifier = new Linear(dModel, numClasses);
  }

  /**
   * `ids` int32 `[batch, seqLen]` to logits `[batch, numClasses]`. Throws `RANGE` for an id outside the vocabulary, `MASK`,
   * `RANK`, `DTYPE`, `DISPOSED`.
   */
  forward(ids: Tensor, call: SequenceClassifierCall & { needWeights: true }): { logits: Tensor; weights: Tensor[] };
  forward(ids: Tensor, call?: SequenceClassifierCall): Tensor;
  forward(
    ids: Tensor,
    { lengths, needWeights = false }: SequenceClassifierCall = {},
  ): Tensor | { logits: Tensor; weights: Tensor[] } {
    expectAxes("SequenceClassifier", { ids }, ["batch", "seqLen"]);
    const result = scope(() => {
      const x = this.dropout.forward(this.positional.forward(this.embedding.forward(ids)));
      if (!needWeights) return { logits: this.#classify(this.encoder.forward(x, { lengths }), lengths), weights: [] };
      const { out, weights } = this.encoder.forward(x, { lengths, needWeights });
      return { logits: this.#classify(out, lengths), weights };
    });
    return needWeights ? result : result.logits;
  }

  #classify(x: Tensor, lengths: ArrayLike<number> | null | undefined): Tensor {
    return this.classifier.forward(this.pool.forward(x, { lengths }));
  }
}

import { AdaptiveEmbedding, AdaptiveSoftmax } from "../nn/adaptive.ts";
import { Dropout } from "../nn/dropout.ts";
import { fillNormal } from "../nn/init.ts";
import { Module } from "../nn/module.ts";
import { normOf } from "../nn/norm.ts";
import { TransformerEncoderLayer, type TransformerEncoderLayerOptions } from "../nn/transformerEncoderLayer.ts";
import { TransformerXL, type TransformerXLResult } from "../nn/transformerXL.ts";
import { window } from "../ops/mask.ts";
import { narrow } from "../ops/narrow.ts";
import { scale } from "../ops/scale.ts";
import { xlRelative } from "../positional/xlRelative.ts";
import { FoveaError } from "../runtime/errors.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { keepAlive, scope } from "../tensor/scope.ts";
import { expectAxes } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Decoding, selectRows } from "./decoding.ts";

export interface TransformerXLLanguageModelOptions extends Omit<TransformerEncoderLayerOptions, "positional"> {
  vocabSize: number;
  dModel: number;
  numHeads: number;
  numLayers: number;
  /** How many tokens of the past each layer remembers. */
  memoryLen: number;
  /** Frequent words first: where the groups of rarer words begin, each with narrower vectors (Joulin et al. 2017). Default none. */
  cutoffs?: readonly number[];
  /** How much narrower those of each group are. Default 1. */
  divValue?: number;
  /** Which groups have a projection of their own in the output; the others share that of the embeddings. */
  ownProjections?: readonly boolean[];
  /** Normalise what comes out of the last layer. Default `normFirst`. */
  finalNorm?: boolean;
  /** Dropout of the embeddings. Default `dropout`. */
  embeddingDropout?: number;
  /** Each token sees the same number of tokens, `memoryLen`, itself with them. */
  sameLength?: boolean;
  /** Distances from here on count as this one. */
  clampLen?: number;
}

export interface TransformerXLLanguageModelCall {
  /** What the call for the segment before gave; left out for the first. */
  memory?: readonly Tensor[] | null | undefined;
  needWeights?: boolean;
}

export interface TransformerXLLanguageModelResult extends TransformerXLResult {
  /** `[batch, seqLen, vocabSize]`, of the token that follows each. */
  logProbs: Tensor;
}

/**
 * What comes next, over texts of any length, segment by segment: `TransformerXL` over embeddings that project onto the vocabulary too (Dai et
 * al. 2019). The loss is `nllLoss(logProbs, nextIds)`.
 */
export class TransformerXLLanguageModel extends Module {
  readonly embedding: AdaptiveEmbedding;
  readonly dropout: Dropout;
  readonly transformer: TransformerXL;
  readonly head: AdaptiveSoftmax;
  readonly dModel: number;
  readonly sameLength: boolean;

  /** Throws `SHAPE`, `RANGE`. */
  constructor(options: TransformerXLLanguageModelOptions) {
    super();
    const { vocabSize, dModel, numHeads, numLayers, memoryLen, cutoffs = [], divValue = 1, ownProjections = [] } = options;
    const { dropout = 0.1, normFirst = false, finalNorm = normFirst, dimFeedforward = 4 * dModel, clampLen } = options;
    this.dModel = dModel;
    this.sameLength = options.sameLength ?? false;
    this.embedding = new AdaptiveEmbedding(vocabSize, dModel, { cutoffs, divValue });
    for (const { weight } of this.embedding.tables) fillNormal(weight, 1 / Math.sqrt(dModel));
    this.dropout = new Dropout(options.embeddingDropout ?? dropout);
    const positional = xlRelative(clampLen === undefined ? {} : { clampLen });
    const layer = new TransformerEncoderLayer(dModel, numHeads, { ...options, dimFeedforward, positional });
    const norm = finalNorm
      ? normOf("TransformerXLLanguageModel", options.norm ?? "layer", dModel, { eps: options.layerNormEps })
      : null;
    this.transformer = new TransformerXL(layer, numLayers, { memoryLen, norm });
    this.head = new AdaptiveSoftmax(this.embedding, { ownProjections });
  }

  /**
   * `ids` int32 `[batch, seqLen]`, the next segment of each text. Throws `RANGE` for an id outside the vocabulary, `SHAPE` for a memory of another
   * model or batch, `RANK`, `DTYPE`, `DISPOSED`.
   */
  forward(ids: Tensor, { memory, needWeights = false }: TransformerXLLanguageModelCall = {}): TransformerXLLanguageModelResult {
    expectAxes("TransformerXLLanguageModel", { ids }, ["batch", "seqLen"]);
    return scope(() => {
      const x = this.dropout.forward(scale(this.embedding.forward(ids), Math.sqrt(this.dModel)));
      const mask = this.sameLength ? window(this.transformer.memoryLen - 1) : null;
      const result = this.transformer.forward(x, { memory, mask, isCausal: true, needWeights });
      return { ...result, logProbs: this.head.forward(result.out) };
    });
  }

  /** For `generate`: the prompts, all of one length, are the texts to go on with. */
  decoding(): Decoding {
    let memory: Tensor[] | null = null;
    return {
      step: (ids, padding = []) => {
        if (padding.some((length) => length > 0))
          throw new FoveaError("UNSUPPORTED", "TransformerXLLanguageModel: prompts must be of one length, got several");
        return noGrad(() =>
          scope(() => {
            const before = memory;
            const { logProbs, memory: after } = this.forward(ids, { memory: before });
            memory = keepAlive(after);
            for (const states of before ?? []) states.dispose();
            const [batch, seqLen, vocabSize] = logProbs.shape as [number, number, number];
            return narrow(logProbs, { axis: 1, start: seqLen - 1, length: 1 }).reshape([batch, vocabSize]);
          }),
        );
      },
      select(items) {
        memory = memory?.map((states) => selectRows(states, items)) ?? null;
      },
      [Symbol.dispose]() {
        for (const states of memory ?? []) states.dispose();
      },
    };
  }
}

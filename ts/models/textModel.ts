import { Dropout } from "../nn/dropout.ts";
import type { Embedding } from "../nn/embedding.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { type Norm, normOf } from "../nn/norm.ts";
import { Positional } from "../nn/positional.ts";
import { type EncoderStackCall, TransformerEncoder } from "../nn/transformerEncoder.ts";
import { TransformerEncoderLayer, type TransformerEncoderLayerOptions } from "../nn/transformerEncoderLayer.ts";
import { add } from "../ops/add.ts";
import { scale } from "../ops/scale.ts";
import type { Place } from "../positional/places.ts";
import type { PositionalEncoding } from "../positional/positionalEncoding.ts";
import { sinusoidal } from "../positional/sinusoidal.ts";
import { FoveaError } from "../runtime/errors.ts";
import { zeros } from "../tensor/create.ts";
import { scope } from "../tensor/scope.ts";
import { expectAxes, expectShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { newEmbedding } from "./newEmbedding.ts";
import { placesFromPadding } from "./placesFromPadding.ts";

export interface TextModelOptions extends Omit<TransformerEncoderLayerOptions, "positional"> {
  vocabSize: number;
  dModel: number;
  numHeads: number;
  numLayers: number;
  /** How many layers have parameters of their own; 1 is ALBERT's sharing. Default `numLayers`. */
  numDistinctLayers?: number;
  /**
   * For the embeddings (`sinusoidal()`, the default, `learned(512)`) or for attention (`rotary()`, `alibi()`, …), where all layers share it; null for
   * none.
   */
  positional?: PositionalEncoding | null;
  /** Counts positions of real tokens alone, from `paddingIdx + 1` on, as RoBERTa does. */
  positionsFromPadding?: boolean;
  /** Dropout of the embeddings with their positions. Default `dropout`. */
  embeddingDropout?: number;
  /** Width of the embeddings, which a linear layer takes to `dModel` (Lan et al. 2020). Default `dModel`. */
  embedDim?: number;
  /** What the embeddings are multiplied by. Default 1. */
  embeddingScale?: number;
  /** Normalise the embeddings, as BERT does. */
  embeddingNorm?: boolean;
  /** Kinds of token, each with an embedding that is added: BERT's two segments. Default none. */
  numTokenTypes?: number;
  /** The id of padding: its embedding starts as 0 and gets no gradient where it is read, but one where it is a row of the output's weight too. */
  paddingIdx?: number | null;
  /** Standard deviation of the initial embeddings. */
  embeddingStd?: number;
}

export interface TextCall {
  /** How many tokens of each item are real; all of them if left out. */
  lengths?: ArrayLike<number> | null | undefined;
  /** The kind of each token, int32 `[batch, seqLen]`; all of kind 0 if left out. */
  tokenTypes?: Tensor | null | undefined;
  /** Also give each layer's attention weights, `[batch, numHeads, seqLen, seqLen]`. */
  needWeights?: boolean;
}

/** What a model passes on to its layers, and where the first token stands. */
export interface EncodeCall extends TextCall, Pick<EncoderStackCall, "mask" | "isCausal" | "cache"> {
  place?: Place | undefined;
}

/**
 * What the models of text begin with: embeddings of tokens, positions and kinds of token, and layers that attend among them. A model
 * adds a head and its own defaults.
 */
export abstract class TextModel extends Module {
  readonly embedding: Embedding;
  readonly positional: Positional;
  readonly tokenTypes: Embedding | null;
  readonly embeddingNorm: Norm | null;
  readonly dropout: Dropout;
  readonly embeddingProjection: Linear | null;
  readonly encoder: TransformerEncoder;
  readonly embeddingScale: number;
  readonly positionsFromPadding: boolean;

  /** Throws `SHAPE`, `RANGE`. */
  constructor(options: TextModelOptions) {
    super();
    const { vocabSize, dModel, numLayers, numDistinctLayers = numLayers, embedDim = dModel, norm = "layer" } = options;
    const { paddingIdx = null, numTokenTypes = 0, dropout = 0.1, normFirst = false, layerNormEps: eps, bias = true } = options;
    const op = new.target.name;
    this.embedding = newEmbedding(vocabSize, embedDim, options.embeddingStd, paddingIdx);
    this.positional = boundPositional(options, embedDim);
    this.tokenTypes = numTokenTypes > 0 ? newEmbedding(numTokenTypes, embedDim, options.embeddingStd) : null;
    this.embeddingNorm = options.embeddingNorm ? normOf(op, norm, embedDim, { eps, bias }) : null;
    this.dropout = new Dropout(options.embeddingDropout ?? dropout);
    this.embeddingProjection = embedDim === dModel ? null : new Linear(embedDim, dModel);
    this.encoder = new TransformerEncoder(newLayer(options, this.positional), numLayers, {
      norm: normFirst ? normOf(op, norm, dModel, { eps, bias }) : null,
      numDistinct: numDistinctLayers,
    });
    this.embeddingScale = options.embeddingScale ?? 1;
    this.positionsFromPadding = options.positionsFromPadding ?? false;
    if (this.positionsFromPadding && paddingIdx === null)
      throw new FoveaError("RANGE", `${op}: positionsFromPadding needs a paddingIdx, got none`);
  }

  /** `ids` int32 `[batch, seqLen]` to `[batch, seqLen, dModel]`. Throws `RANGE`, `RANK`, `SHAPE`, `DTYPE`, `MASK`, `DISPOSED`. */
  protected encode(
    ids: Tensor,
    { tokenTypes, place, needWeights = false, ...call }: EncodeCall,
  ): {
    out: Tensor;
    weights: Tensor[];
  } {
    return scope(() => {
      const x = this.embed(ids, { tokenTypes, place });
      if (needWeights) return this.encoder.forward(x, { ...call, needWeights });
      return { out: this.encoder.forward(x, call), weights: [] };
    });
  }

  /** The embeddings that go into the first layer, `[batch, seqLen, dModel]`. Throws as `forward`. */
  embed(ids: Tensor, { tokenTypes, place }: Pick<EncodeCall, "tokenTypes" | "place"> = {}): Tensor {
    expectAxes(this.constructor.name, { ids }, ["batch", "seqLen"]);
    expectShape(this.constructor.name, { tokenTypes }, ids.shape);
    return scope(() => {
      const words = this.embedding.forward(ids);
      const at = this.positionsFromPadding ? placesFromPadding(ids, this.embedding.paddingIdx!) : place;
      const x = this.positional.forward(this.embeddingScale === 1 ? words : scale(words, this.embeddingScale), at);
      const kinds = this.tokenTypes && (tokenTypes ?? zeros(ids.shape, { dtype: "int32" }));
      const sum = kinds ? add(x, this.tokenTypes!.forward(kinds)) : x;
      const out = this.dropout.forward(this.embeddingNorm?.forward(sum) ?? sum);
      return this.embeddingProjection?.forward(out) ?? out;
    });
  }
}

/** Bound to the width of what it works on: the embeddings, or the layers. */
function boundPositional(options: TextModelOptions, embedDim: number): Positional {
  const { positional = sinusoidal(), dModel, numHeads, headDim } = options;
  const encoding = positional ?? (() => ({}));
  const ofEmbeddings = new Positional(encoding, { embedDim, numHeads, headDim });
  if (embedDim === dModel || !ofEmbeddings.isForAttention) return ofEmbeddings;
  ofEmbeddings.dispose();
  return new Positional(encoding, { embedDim: dModel, numHeads, headDim });
}

function newLayer(options: TextModelOptions, positional: Positional): TransformerEncoderLayer {
  const { dModel, numHeads, dimFeedforward = 4 * dModel } = options;
  const forAttention = positional.isForAttention ? positional : null;
  return new TransformerEncoderLayer(dModel, numHeads, { ...options, dimFeedforward, positional: forAttention });
}

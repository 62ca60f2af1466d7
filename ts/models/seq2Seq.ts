import type { DecodingCache } from "../nn/decodingCache.ts";
import { Dropout } from "../nn/dropout.ts";
import type { Embedding } from "../nn/embedding.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { Positional } from "../nn/positional.ts";
import { Transformer, type TransformerOptions } from "../nn/transformer.ts";
import { narrow } from "../ops/narrow.ts";
import { scale } from "../ops/scale.ts";
import type { Place } from "../positional/places.ts";
import type { PositionalEncoding } from "../positional/positionalEncoding.ts";
import { sinusoidal } from "../positional/sinusoidal.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { keepAlive, scope } from "../tensor/scope.ts";
import { expectAxes } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { CachedDecoding, type Decoding, type DecodingPlaces, expectPromptEach, selectRows } from "./decoding.ts";
import { newEmbedding } from "./newEmbedding.ts";

export interface Seq2SeqOptions extends Omit<TransformerOptions, "positional"> {
  vocabSize: number;
  /** If the target has a vocabulary of its own; left out, source and target share theirs, and its embeddings. */
  tgtVocabSize?: number;
  dModel: number;
  numHeads: number;
  /** Default `sinusoidal()`; one for attention is shared by all layers. */
  positional?: PositionalEncoding;
  /** Dropout of the embeddings with their positions. Default `dropout`. */
  embeddingDropout?: number;
  /** The id of padding: its embedding starts as 0 and gets no gradient where it is read, but one as a row of the output's weight. */
  paddingIdx?: number | null;
}

export interface Seq2SeqCall {
  /** How many tokens of each source and target are real; all of them if left out. */
  srcLengths?: ArrayLike<number> | null | undefined;
  tgtLengths?: ArrayLike<number> | null | undefined;
  /** Also give the attention weights of each layer and head. */
  needWeights?: boolean;
}

export interface Seq2SeqResult {
  /** `[batch, tgtLen, tgtVocabSize]` */
  logits: Tensor;
  /** Of each layer: source to itself, target to itself, target to source. */
  encoderWeights: Tensor[];
  weights: Tensor[];
  crossWeights: Tensor[];
}

/**
 * One sequence from another, as in translation: a `Transformer` between embeddings and a projection onto the vocabulary that has the target's
 * embeddings for its weight (Vaswani et al. 2017).
 *
 *     const loss = crossEntropy(model.forward(src, tgtIn, { srcLengths }), tgtOut);
 *     for await (const turn of generate(model.decoding(src, { lengths: srcLengths }), starts, { maxNewTokens: 50, eos, numBeams: 4 })) …
 */
export class Seq2Seq extends Module {
  readonly embedding: Embedding;
  readonly tgtEmbedding: Embedding;
  readonly positional: Positional;
  readonly dropout: Dropout;
  readonly transformer: Transformer;
  readonly head: Linear;
  readonly dModel: number;

  /** Throws `SHAPE`, `RANGE`. */
  constructor(options: Seq2SeqOptions) {
    super();
    const { vocabSize, tgtVocabSize, dModel, numHeads, paddingIdx = null, dropout = 0.1, positional = sinusoidal() } = options;
    this.dModel = dModel;
    // So that they have length 1, and elements of 1 once they are multiplied by √dModel.
    const embeddingOf = (rows: number) => newEmbedding(rows, dModel, 1 / Math.sqrt(dModel), paddingIdx);
    this.embedding = embeddingOf(vocabSize);
    this.tgtEmbedding = tgtVocabSize === undefined ? this.embedding : embeddingOf(tgtVocabSize);
    this.positional = new Positional(positional, { embedDim: dModel, numHeads, headDim: options.headDim });
    this.dropout = new Dropout(options.embeddingDropout ?? dropout);
    const forAttention = this.positional.isForAttention ? this.positional : null;
    this.transformer = new Transformer({ dimFeedforward: 4 * dModel, ...options, positional: forAttention });
    this.head = new Linear(dModel, tgtVocabSize ?? vocabSize, { weight: this.tgtEmbedding.weight });
    this.head.bias?.view().fill(0);
  }

  /**
   * `src` int32 `[batch, srcLen]`, `tgt` int32 `[batch, tgtLen]`, which begins with the token that starts a text, to logits of the token that follows
   * each of the target. Throws `RANGE` for an id outside the vocabulary, `MASK`, `RANK`, `SHAPE`, `DTYPE`, `DISPOSED`.
   */
  forward(src: Tensor, tgt: Tensor, call: Seq2SeqCall & { needWeights: true }): Seq2SeqResult;
  forward(src: Tensor, tgt: Tensor, call?: Seq2SeqCall): Tensor;
  forward(src: Tensor, tgt: Tensor, { needWeights = false, ...call }: Seq2SeqCall = {}): Tensor | Seq2SeqResult {
    return scope(() => {
      const [x, y] = [this.#embed("src", src, this.embedding), this.#embed("tgt", tgt, this.tgtEmbedding)];
      if (!needWeights) return this.head.forward(this.transformer.forward(x, y, { ...call, tgtIsCausal: true }));
      const { out, ...weights } = this.transformer.forward(x, y, { ...call, tgtIsCausal: true, needWeights });
      return { logits: this.head.forward(out), ...weights };
    });
  }

  /** What the decoder attends to: `src` int32 `[batch, srcLen]` to `[batch, srcLen, dModel]`. Throws as `forward`. */
  encode(src: Tensor, { lengths }: { lengths?: ArrayLike<number> | null | undefined } = {}): Tensor {
    return scope(() => this.transformer.encoder.forward(this.#embed("src", src, this.embedding), { lengths }));
  }

  /** For `generate`: from `src` int32 `[batch, srcLen]`; the prompts are the target's beginnings, one for each source. Throws as `forward`. */
  decoding(src: Tensor, { lengths }: { lengths?: ArrayLike<number> | null | undefined } = {}): Decoding {
    let memory = keepAlive(noGrad(() => this.encode(src, { lengths })));
    let memoryLengths = lengths && Array.from(lengths);
    return new CachedDecoding((ids, cache, places) => this.#step(ids, memory, cache, { ...places, memoryLengths }), {
      onSelect: (items) => {
        memory = selectRows(memory, items);
        memoryLengths = memoryLengths && items.map((item) => memoryLengths![item]!);
      },
      onDispose: () => memory.dispose(),
    });
  }

  #step(
    ids: Tensor,
    memory: Tensor,
    cache: DecodingCache,
    { place = cache.length, ...call }: DecodingPlaces & { memoryLengths: ArrayLike<number> | null | undefined },
  ): Tensor {
    expectPromptEach("Seq2Seq", ids, memory);
    const out = this.transformer.step(this.#embed("tgt", ids, this.tgtEmbedding, place), memory, cache, call);
    return this.head.forward(narrow(out, { axis: 1, start: out.shape[1]! - 1, length: 1 }));
  }

  #embed(name: string, ids: Tensor, embedding: Embedding, place?: Place): Tensor {
    expectAxes("Seq2Seq", { [name]: ids }, ["batch", "length"]);
    const words = scale(embedding.forward(ids), Math.sqrt(this.dModel));
    return this.dropout.forward(this.positional.forward(words, place));
  }
}

import type { DecodingCache } from "../nn/decodingCache.ts";
import { Dropout } from "../nn/dropout.ts";
import { Embedding } from "../nn/embedding.ts";
import { fillNormal } from "../nn/init.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { normOf } from "../nn/norm.ts";
import { Positional } from "../nn/positional.ts";
import { TransformerDecoder } from "../nn/transformerDecoder.ts";
import { TransformerDecoderLayer } from "../nn/transformerDecoderLayer.ts";
import { logSoftmax } from "../ops/logSumExp.ts";
import { narrow } from "../ops/narrow.ts";
import { scale } from "../ops/scale.ts";
import type { Place } from "../positional/places.ts";
import type { PositionalEncoding } from "../positional/positionalEncoding.ts";
import { sinusoidal } from "../positional/sinusoidal.ts";
import { FoveaError } from "../runtime/errors.ts";
import { tensor } from "../tensor/create.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { keepAlive, scope } from "../tensor/scope.ts";
import { expectAxes } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { CtcPrefix } from "./ctcPrefix.ts";
import { CachedDecoding, type Decoding, type DecodingPlaces, expectPromptEach, rowsOf, selectRows } from "./decoding.ts";
import { JointDecoding } from "./jointDecoding.ts";
import { likeliest } from "./sampling.ts";
import { SpeechEncoder, type SpeechEncoderOptions } from "./speechEncoder.ts";

export interface SpeechRecognizerOptions extends SpeechEncoderOptions {
  /** Tokens of the transcripts; token 0 is CTC's blank. */
  vocabSize: number;
  /** Layers of the decoder. Default `numLayers`. */
  numDecoderLayers?: number;
  /** Of the transcripts' tokens. Default `sinusoidal()`. */
  targetPositional?: PositionalEncoding;
  /**
   * Positions added to the encoder's result for the decoder: where `positional` is for attention alone, as `rotary()`, the decoder cannot tell without them what
   * was said first. Default none.
   */
  memoryPositional?: PositionalEncoding | null;
  /**
   * The same, but counted in labels: a frame's place is how many labels CTC's likeliest path has spelled up to there. So CTC shows the decoder the way, as
   * in triggered attention (Moritz, Hori and Le Roux 2019); from few recordings, it does not find it by itself. Default none.
   */
  labelPositional?: PositionalEncoding | null;
}

export interface SpeechRecognizerCall {
  /** How many frames of each item are real; all of them if left out. */
  lengths?: ArrayLike<number> | null | undefined;
  /** How many tokens of each target are real. */
  tgtLengths?: ArrayLike<number> | null | undefined;
  /** Also give what the decoder attended to. */
  needWeights?: boolean;
}

export interface SpeechDecodingCall {
  lengths?: ArrayLike<number> | null | undefined;
  /** CTC's share, from 0 to 1, of what each next token scores (Watanabe et al. 2017): it keeps the decoder from leaving out or repeating. Default 0. */
  ctcWeight?: number;
  /** The token that ends a transcript; CTC, which has none, must know it. */
  eos?: number;
}

export interface SpeechRecognizerResult {
  /** For `ctcLoss`: `[batch, outLen, vocabSize]`, of which `outLengths` count. */
  ctcLogProbs: Tensor;
  outLengths: number[];
  /** Of the token that follows each of the target, `[batch, tgtLen, vocabSize]`. */
  logits: Tensor;
  /** With `needWeights`: of each layer of the decoder, `[batch, numHeads, tgtLen, outLen]`; otherwise none. */
  crossWeights: Tensor[];
}

const BLANK = 0;

/**
 * What was said, twice over: a `SpeechEncoder` with a head that spells frame by frame (Graves et al. 2006, CTC), and a decoder with attention to its frames;
 * trained together they help each other (Watanabe et al. 2017).
 */
export class SpeechRecognizer extends Module {
  readonly encoder: SpeechEncoder;
  readonly ctc: Linear;
  readonly embedding: Embedding;
  readonly positional: Positional;
  readonly memoryPositional: Positional | null;
  readonly labelPositional: Positional | null;
  readonly dropout: Dropout;
  readonly decoder: TransformerDecoder;
  /** Its weight is the embedding's. */
  readonly head: Linear;

  /** Throws `SHAPE`, `RANGE`. */
  constructor(options: SpeechRecognizerOptions) {
    super();
    const { vocabSize, dModel, numHeads, numLayers, numDecoderLayers = numLayers } = options;
    const {
      dropout = 0.1,
      normFirst = true,
      activation = "gelu",
      dimFeedforward = 4 * dModel,
      embeddingDropout = dropout,
    } = options;
    this.encoder = new SpeechEncoder(options);
    this.ctc = new Linear(dModel, vocabSize);
    this.embedding = new Embedding(vocabSize, dModel);
    fillNormal(this.embedding.weight, 1 / Math.sqrt(dModel));
    const positionalOf = (encoding: PositionalEncoding) => new Positional(encoding, { embedDim: dModel, numHeads });
    this.positional = positionalOf(options.targetPositional ?? sinusoidal());
    this.memoryPositional = options.memoryPositional ? positionalOf(options.memoryPositional) : null;
    this.labelPositional = options.labelPositional ? positionalOf(options.labelPositional) : null;
    this.dropout = new Dropout(embeddingDropout);
    const own = { dimFeedforward, dropout, activation, normFirst, positional: null };
    const norm = normFirst ? normOf("SpeechRecognizer", options.norm ?? "layer", dModel, { eps: options.layerNormEps }) : null;
    const layer = new TransformerDecoderLayer(dModel, numHeads, { ...options, ...own });
    this.decoder = new TransformerDecoder(layer, numDecoderLayers, { norm });
    this.head = new Linear(dModel, vocabSize, { weight: this.embedding.weight });
  }

  /**
   * `features [batch, numMels, frames]`, `tgt` int32 `[batch, tgtLen]`, which begins with the token that starts a transcript. Throws `SHAPE`, `RANK`, `RANGE`,
   * `MASK`, `DTYPE`, `DISPOSED`.
   */
  forward(features: Tensor, tgt: Tensor, options: SpeechRecognizerCall = {}): SpeechRecognizerResult {
    const { lengths, tgtLengths, needWeights = false } = options;
    return scope(() => {
      const { memory, outLengths } = this.encode(features, { lengths });
      const call = { memoryLengths: outLengths, lengths: tgtLengths, tgtIsCausal: true };
      const [x, placed] = [this.#embed(tgt), this.#placed(memory)];
      const { out, crossWeights } = needWeights
        ? this.decoder.forward(x, placed, { ...call, needWeights })
        : { out: this.decoder.forward(x, placed, call), crossWeights: [] };
      return { ctcLogProbs: this.#spell(memory), outLengths, logits: this.head.forward(out), crossWeights };
    });
  }

  /** What CTC spells and, with its positions, the decoder attends to, `[batch, outLen, dModel]`, and how much of it counts. Throws as `forward`. */
  encode(features: Tensor, { lengths }: Pick<SpeechRecognizerCall, "lengths"> = {}): { memory: Tensor; outLengths: number[] } {
    const memory = this.encoder.forward(features, { lengths });
    const [batch, outLen] = memory.shape as [number, number];
    const outLengths = lengths
      ? Array.from(lengths, (length) => this.encoder.outLength(length))
      : Array<number>(batch).fill(outLen);
    return { memory, outLengths };
  }

  /** What CTC's likeliest path spells: repeated tokens once, blanks left out. Throws as `forward`. */
  transcribe(features: Tensor, { lengths }: Pick<SpeechRecognizerCall, "lengths"> = {}): number[][] {
    return noGrad(() =>
      scope(() => {
        const { memory, outLengths } = this.encode(features, { lengths });
        return spelled(this.#spell(memory), outLengths);
      }),
    );
  }

  /**
   * For `generate` or `beamSearch`: the prompts are the transcripts' beginnings, one for each item of `features`, with `ctcWeight` each behind one token that
   * starts it. Throws as `forward`, and `RANGE`.
   */
  decoding(features: Tensor, { lengths, ctcWeight = 0, eos }: SpeechDecodingCall = {}): Decoding {
    if (!(ctcWeight >= 0 && ctcWeight <= 1))
      throw new FoveaError("RANGE", `SpeechRecognizer: ctcWeight must be from 0 to 1, got ${ctcWeight}`);
    if (ctcWeight > 0 && eos === undefined)
      throw new FoveaError("RANGE", "SpeechRecognizer: ctcWeight needs eos, the token that ends a transcript, got none");
    const heard = keepAlive(
      noGrad(() =>
        scope(() => {
          const { memory, outLengths } = this.encode(features, { lengths });
          return { memory: this.#placed(memory), outLengths, prefixes: ctcWeight > 0 ? this.#prefixes(memory, outLengths) : [] };
        }),
      ),
    );
    const decoder = this.#decoder(heard);
    return ctcWeight > 0 ? new JointDecoding(decoder, heard.prefixes, { ctcWeight, eos: eos!, blank: BLANK }) : decoder;
  }

  #decoder({ memory, outLengths }: { memory: Tensor; outLengths: number[] }): Decoding {
    return new CachedDecoding((ids, cache, places) => this.#step(ids, memory, cache, { ...places, memoryLengths: outLengths }), {
      onSelect: (items) => {
        memory = selectRows(memory, items);
        outLengths = items.map((item) => outLengths[item]!);
      },
      onDispose: () => memory.dispose(),
    });
  }

  #step(
    ids: Tensor,
    memory: Tensor,
    cache: DecodingCache,
    { place = cache.length, ...call }: DecodingPlaces & { memoryLengths: readonly number[] },
  ): Tensor {
    expectPromptEach("SpeechRecognizer", ids, memory);
    const out = this.decoder.step(this.#embed(ids, place), memory, cache, call);
    return this.head.forward(narrow(out, { axis: 1, start: out.shape[1]! - 1, length: 1 }));
  }

  /** Nothing said yet, of each item. */
  #prefixes(memory: Tensor, lengths: readonly number[]): CtcPrefix[] {
    const logProbs = this.#spell(memory);
    const [, outLen, vocabSize] = logProbs.shape as [number, number, number];
    const values = logProbs.toArray();
    return lengths.map((length, item) => {
      const start = item * outLen * vocabSize;
      return new CtcPrefix(values.subarray(start, start + length * vocabSize), vocabSize, BLANK);
    });
  }

  #placed(memory: Tensor): Tensor {
    const placed = this.memoryPositional?.forward(memory) ?? memory;
    return this.labelPositional?.forward(placed, this.#labelsHeard(memory)) ?? placed;
  }

  /** How many labels CTC's likeliest path has spelled by each frame, int32 `[batch, outLen]`. */
  #labelsHeard(memory: Tensor): Tensor {
    const [batch, outLen, dModel] = memory.shape as [number, number, number];
    const path = rowsOf(noGrad(() => this.ctc.forward(memory.reshape([-1, dModel])))).map(likeliest);
    let heard = 0;
    const places = Int32Array.from(path, (token, at) => {
      const before = at % outLen === 0 ? BLANK : path[at - 1];
      if (at % outLen === 0) heard = 0;
      if (token !== BLANK && token !== before) heard += 1;
      return heard;
    });
    return tensor(places, [batch, outLen]);
  }

  #spell(memory: Tensor): Tensor {
    return logSoftmax(this.ctc.forward(memory));
  }

  #embed(tgt: Tensor, place?: Place): Tensor {
    expectAxes("SpeechRecognizer", { tgt }, ["batch", "tgtLen"]);
    const words = scale(this.embedding.forward(tgt), Math.sqrt(this.embedding.weight.shape[1]!));
    return this.dropout.forward(this.positional.forward(words, place));
  }
}

function spelled(logProbs: Tensor, lengths: readonly number[]): number[][] {
  const [, outLen, vocabSize] = logProbs.shape as [number, number, number];
  const frames = rowsOf(logProbs.reshape([-1, vocabSize]));
  return lengths.map((length, b) => {
    const path = frames.slice(b * outLen, b * outLen + length).map(likeliest);
    return path.filter((token, frame) => token !== BLANK && token !== path[frame - 1]);
  });
}

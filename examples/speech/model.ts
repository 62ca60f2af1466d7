/** The recognizer: an encoder that hears log-mel frames, read by two heads, CTC and a decoder with cross-attention, that are trained together. */
import {
  add,
  argmax,
  Conv1d,
  causal,
  crossEntropy,
  ctcLoss,
  DecodingCache,
  Dropout,
  Embedding,
  gelu,
  LayerNorm,
  Linear,
  logSoftmax,
  Module,
  noGrad,
  Positional,
  permute,
  rotary,
  scale,
  scope,
  sinusoidal,
  type Tensor,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
  tensor,
} from "fovea";
import { CtcPrefix } from "./ctcPrefix.ts";

export interface RecognizerSizes {
  readonly nMels: number;
  readonly vocabSize: number;
  readonly dModel: number;
  readonly numHeads: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  readonly dropout: number;
}

/** What the encoder made of recordings. */
export interface Heard {
  /** `[batch, steps, dModel]`, a step for every four frames. */
  readonly sounds: Tensor;
  /** The same with their positions, without which the decoder could not tell what was said first. */
  readonly memory: Tensor;
  readonly lengths: readonly number[];
}

/** Texts as ids, `<bos>` … `<eos>`. */
export interface Spoken {
  /** int32 `[batch, textLen + 1]`: `<bos>` and the digits. */
  readonly prompt: Tensor;
  /** int32 `[batch, textLen + 1]`: the digits and `<eos>`, then padding. */
  readonly answer: Tensor;
  /** int32 `[batch, textLen]`: the digits, then padding. */
  readonly digits: Tensor;
  readonly lengths: readonly number[];
}

/** Ids that are no digit; the blank of CTC is `<pad>`. */
export const PAD = 0;
export const BOS = 2;
export const EOS = 3;
const CTC_SHARE = 0.3; // of the loss, as Watanabe et al. 2017
/** Of CTC where both choose. */
export const CTC_SAY = 0.5;
const SMOOTHING = 0.1;

export class Recognizer extends Module {
  readonly conv1: Conv1d;
  readonly conv2: Conv1d;
  /** For the decoder. The encoder has rotary positions, since a digit sounds alike wherever it stands in a string. */
  readonly positional: Positional;
  readonly dropout: Dropout;
  readonly encoder: TransformerEncoder;
  readonly ctc: Linear;
  readonly embedding: Embedding;
  readonly decoder: TransformerDecoder;
  readonly output: Linear;

  constructor({ nMels, vocabSize, dModel, numHeads, encoderLayers, decoderLayers, dropout }: RecognizerSizes) {
    super();
    const layer = { dimFeedforward: 4 * dModel, dropout, activation: "gelu", normFirst: true } as const;
    this.conv1 = new Conv1d(nMels, dModel, 3, { stride: 2, padding: 1 });
    this.conv2 = new Conv1d(dModel, dModel, 3, { stride: 2, padding: 1 });
    this.positional = new Positional(sinusoidal(), { embedDim: dModel, numHeads });
    this.dropout = new Dropout(dropout);
    const encoderLayer = new TransformerEncoderLayer(dModel, numHeads, { ...layer, positional: rotary() });
    this.encoder = new TransformerEncoder(encoderLayer, encoderLayers, { norm: new LayerNorm(dModel) });
    this.ctc = new Linear(dModel, vocabSize);
    this.embedding = new Embedding(vocabSize, dModel);
    const decoderLayer = new TransformerDecoderLayer(dModel, numHeads, layer);
    this.decoder = new TransformerDecoder(decoderLayer, decoderLayers, { norm: new LayerNorm(dModel) });
    this.output = new Linear(dModel, vocabSize);
  }

  /** What the encoder makes of `frames [batch, frameLen, nMels]`. */
  forward(frames: Tensor, frameLengths: readonly number[]): Heard {
    const lengths = frameLengths.map((length) => Math.ceil(length / 4));
    return scope(() => {
      const channels = permute(frames, [0, 2, 1]);
      const convolved = gelu(this.conv2.forward(gelu(this.conv1.forward(channels))));
      const x = this.dropout.forward(permute(convolved, [0, 2, 1]));
      const sounds = this.encoder.forward(x, { lengths });
      return { sounds, memory: this.positional.forward(sounds), lengths };
    });
  }

  /** Log-probabilities of each step, `[batch, steps, vocabSize]`. */
  steps({ sounds }: Heard): Tensor {
    return scope(() => logSoftmax(this.ctc.forward(sounds)));
  }

  /** What both heads get wrong. */
  loss(heard: Heard, { prompt, answer, digits, lengths }: Spoken): Tensor {
    return scope(() => {
      const x = this.dropout.forward(this.positional.forward(this.embedding.forward(prompt)));
      const out = this.decoder.forward(x, heard.memory, { mask: causal(), memoryLengths: heard.lengths });
      const decoded = crossEntropy(this.output.forward(out), answer, { ignoreIndex: PAD, labelSmoothing: SMOOTHING });
      const aligned = ctcLoss(this.steps(heard), digits, {
        inputLengths: heard.lengths,
        targetLengths: lengths,
        zeroInfinity: true,
      });
      return add(scale(decoded, 1 - CTC_SHARE), scale(aligned, CTC_SHARE));
    });
  }

  /** The likeliest label of each step, repeats and blanks left out (Graves et al. 2006). */
  readSteps(heard: Heard): number[][] {
    const labels = noGrad(() => scope(() => argmax(this.steps(heard), { axis: -1 }).toNested() as number[][]));
    return labels.map((row, item) =>
      row.slice(0, heard.lengths[item]).filter((label, i) => label !== PAD && label !== (i === 0 ? PAD : row[i - 1])),
    );
  }

  /**
   * The likeliest next digit, again and again, until each text has ended or is `maxLen` long. With `ctcShare` CTC has a say in each choice: the decoder
   * knows what digits sound like, CTC leaves out none and writes none twice (Watanabe et al. 2017).
   */
  write(heard: Heard, maxLen: number, ctcShare = 0): number[][] {
    const texts = heard.lengths.map((): number[] => []);
    const prefixes = ctcShare > 0 ? this.#prefixes(heard) : null;
    const ended = new Set<number>();
    using cache = new DecodingCache();
    let last = texts.map(() => BOS);
    for (let step = 0; step < maxLen && ended.size < texts.length; step += 1) {
      const logProbs = this.#next(last, step, heard, cache);
      last = logProbs.map((row, item) => {
        const prefix = prefixes?.[item];
        const score = (id: number): number => {
          const heardToo = prefix ? (id === EOS ? prefix.ends() : prefix.goesOnWith(id)) : 0;
          return (1 - ctcShare) * row[id]! + ctcShare * heardToo;
        };
        return ended.has(item) ? EOS : likeliest(row.length, score);
      });
      for (const [item, id] of last.entries()) {
        if (id === EOS) ended.add(item);
        else texts[item]!.push(id);
        if (id !== EOS) prefixes?.[item]?.append(id);
      }
    }
    return texts;
  }

  /** What the decoder thinks of each token after `last`, by item. */
  #next(last: readonly number[], step: number, heard: Heard, cache: DecodingCache): number[][] {
    return scope(() => {
      const ids = tensor(Int32Array.from(last), [last.length, 1], { dtype: "int32" });
      const x = this.positional.forward(this.embedding.forward(ids), step);
      const out = this.decoder.step(x, heard.memory, cache, { memoryLengths: heard.lengths });
      const logProbs = noGrad(() => logSoftmax(this.output.forward(out)));
      return (logProbs.toNested() as number[][][]).map(([row]) => row!);
    });
  }

  #prefixes(heard: Heard): CtcPrefix[] {
    return noGrad(() =>
      scope(() => {
        const logProbs = this.steps(heard);
        const [, steps = 0, classes = 0] = logProbs.shape;
        const values = logProbs.view();
        return heard.lengths.map((length, item) => {
          const start = item * steps * classes;
          return new CtcPrefix(values.slice(start, start + length * classes), classes, PAD);
        });
      }),
    );
  }

  /** Where the decoder's last layer looked for each token of `prompt`, the mean of its heads: `[textLen + 1, steps]`, row by row. */
  attention(heard: Heard, prompt: Tensor): Float32Array {
    return noGrad(() =>
      scope(() => {
        const x = this.positional.forward(this.embedding.forward(prompt));
        const call = { mask: causal(), memoryLengths: heard.lengths, needWeights: true } as const;
        const weights = this.decoder.forward(x, heard.memory, call).crossWeights.at(-1)!;
        const [, numHeads = 1, rows = 0, cols = 0] = weights.shape;
        const values = weights.view();
        return Float32Array.from({ length: rows * cols }, (_, i) => {
          let sum = 0;
          for (let head = 0; head < numHeads; head += 1) sum += values[head * rows * cols + i]!;
          return sum / numHeads;
        });
      }),
    );
  }
}

/** Of `<eos>` and the digits. */
function likeliest(classes: number, score: (id: number) => number): number {
  let [best, most] = [EOS, score(EOS)];
  for (let id = EOS + 1; id < classes; id += 1) {
    const value = score(id);
    if (value > most) [best, most] = [id, value];
  }
  return best;
}

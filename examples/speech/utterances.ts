/** From takes to what the model reads: features, masks, ids, batches. */
import type { Rng, Tensor } from "fovea";
import { MelSpectrogram, type Statistics, specAugment, standardize, statisticsOf } from "fovea/audio";
import { CharacterTokenizer, type PaddedFrames, padFrames, padIds } from "fovea/data";
import type { Take } from "./recordings.ts";

export const N_MELS = 40;
/** Ids that are no digit; CTC's blank is `<pad>`. */
export const PAD = 0;
export const BOS = 2;
export const EOS = 3;
export const tokenizer = CharacterTokenizer.train(["0123456789"], { specials: ["<bos>", "<eos>"] });

/** Recordings and what is said in them, as ids. */
export interface SpeechBatch extends PaddedFrames {
  /** int32 `[batch, textLen + 1]`: `<bos>` and the digits. */
  readonly prompt: Tensor;
  /** int32 `[batch, textLen + 1]`: the digits and `<eos>`, then padding. */
  readonly answer: Tensor;
  /** int32 `[batch, textLen]`: the digits, then padding. */
  readonly digits: Tensor;
  readonly textLengths: readonly number[];
}

/** Log-mel features of 25 ms every 10 ms, whatever the sample rate. */
function melFor(sampleRate: number): MelSpectrogram {
  const winLength = Math.round(0.025 * sampleRate);
  return new MelSpectrogram({
    sampleRate,
    winLength,
    hopLength: Math.round(0.01 * sampleRate),
    nFft: 2 ** Math.ceil(Math.log2(winLength)),
    nMels: N_MELS,
    padMode: "constant",
    floor: 1e-6,
  });
}

/** A recording as the model gets it: log-mel `[frames, nMels]`, standardized by band, and what is said. */
export interface Utterance {
  readonly features: Float32Array;
  readonly digits: string;
}

/** Hears what a take says; loudness and microphone are taken for those of the training as a whole. */
export class Ear {
  readonly #mel: MelSpectrogram;
  readonly #statistics: Statistics;

  constructor(takes: readonly Take[]) {
    this.#mel = melFor(takes[0]!.sampleRate);
    const some = takes.filter((_, i) => i % Math.ceil(takes.length / 500) === 0);
    this.#statistics = statisticsOf(
      some.map(({ samples }) => this.#mel.logMel(samples)),
      N_MELS,
    );
  }

  hear({ samples, digits }: Take): Utterance {
    return { features: standardize(this.#mel.logMel(samples), N_MELS, this.#statistics), digits };
  }
}

export function masked({ features, digits }: Utterance, rng: Rng): Utterance {
  return { features: specAugment(features, N_MELS, rng, { maxTimeMask: 12, maxFrequencyMask: 6, value: 0 }), digits };
}

export function toBatch(utterances: readonly Utterance[]): SpeechBatch {
  const texts = utterances.map(({ digits }) => tokenizer.encode(digits));
  return {
    ...padFrames(
      utterances.map(({ features }) => features),
      N_MELS,
      { padTo: 4 },
    ),
    prompt: padIds(texts.map((ids) => [BOS, ...ids])).ids,
    answer: padIds(texts.map((ids) => [...ids, EOS])).ids,
    digits: padIds(texts).ids,
    textLengths: texts.map(({ length }) => length),
  };
}

import { FoveaError } from "../runtime/errors.ts";
import { type MelOptions, melFilters } from "./melFilters.ts";
import { type Spectrogram, Stft, type StftOptions } from "./stft.ts";

export interface MelSpectrogramOptions extends StftOptions, MelOptions {
  /** 2: energies; 1: magnitudes. Default 2. */
  readonly power?: number | undefined;
  /** What is less counts as this much, since the logarithm of silence is -∞. Default 1e-10. */
  readonly floor?: number | undefined;
}

/**
 * What a model hears of a recording: at each time the energy in `nMels` bands, on the scale of pitch as it is heard. Made once, used for many
 * recordings. It computes in float64; the results are float32, frame after frame `[numFrames, nMels]`.
 *
 *     const features = new MelSpectrogram({ sampleRate: 8000, nFft: 256, winLength: 200, hopLength: 80, nMels: 40 });
 *     const { frames } = padFrames(recordings.map(({ samples }) => features.logMel(samples)), features.nMels);
 */
export class MelSpectrogram {
  readonly nMels: number;
  readonly stft: Stft;
  /** `[nMels, nFft / 2 + 1]` */
  readonly filters: Float64Array;
  readonly #power: number;
  readonly #floor: number;

  /** Throws `RANGE`. */
  constructor(options: MelSpectrogramOptions) {
    const { nMels = 80, power = 2, floor = 1e-10 } = options;
    if (!(power > 0)) throw new FoveaError("RANGE", `MelSpectrogram: power must be above 0, got ${power}`);
    if (!(floor > 0)) throw new FoveaError("RANGE", `MelSpectrogram: floor must be above 0, got ${floor}`);
    this.stft = new Stft(options);
    this.filters = melFilters(this.stft.nFft, { ...options, nMels });
    this.nMels = nMels;
    this.#power = power;
    this.#floor = floor;
  }

  /** How many frames a recording of that many samples has. */
  numFrames(numSamples: number): number {
    return this.stft.numFrames(numSamples);
  }

  /** Energy by time and band. Throws `RANGE` for a recording too short to be mirrored. */
  mel(samples: ArrayLike<number>): Float32Array {
    return Float32Array.from(this.#mel(this.stft.transform(samples)));
  }

  /** The natural logarithm of `mel`. Throws `RANGE` for a recording too short to be mirrored. */
  logMel(samples: ArrayLike<number>): Float32Array {
    return Float32Array.from(this.#mel(this.stft.transform(samples)), (energy) => Math.log(Math.max(energy, this.#floor)));
  }

  #mel({ magnitudes, numFrames, numBins }: Spectrogram): Float64Array {
    const power = this.#power;
    const energies = magnitudes.map(power === 2 ? (magnitude) => magnitude * magnitude : (magnitude) => magnitude ** power);
    const mel = new Float64Array(numFrames * this.nMels);
    for (let band = 0; band < this.nMels; band += 1) {
      const filter = this.filters.subarray(band * numBins, (band + 1) * numBins);
      const first = filter.findIndex((weight) => weight > 0); // a band covers few bins
      const last = filter.findLastIndex((weight) => weight > 0);
      for (let t = 0; first >= 0 && t < numFrames; t += 1) {
        let sum = 0;
        for (let bin = first; bin <= last; bin += 1) sum += filter[bin]! * energies[t * numBins + bin]!;
        mel[t * this.nMels + band] = sum;
      }
    }
    return mel;
  }
}

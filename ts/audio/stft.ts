import { FoveaError } from "../runtime/errors.ts";
import { magnitudesOf } from "./spectrum.ts";

export interface StftOptions {
  /** Samples of one transform; any number from 2 on. Default 400. */
  readonly nFft?: number | undefined;
  /** Samples under the window, which stands in the middle of the transform. Default `nFft`. */
  readonly winLength?: number | undefined;
  /** Samples from one frame to the next. Default half of `winLength`. */
  readonly hopLength?: number | undefined;
  /** Put `nFft / 2` samples before and after, so that frame t is centred at t · hopLength. Default true. */
  readonly center?: boolean | undefined;
  /** What is put there: the signal mirrored, or zeros. Default `reflect`. */
  readonly padMode?: "reflect" | "constant" | undefined;
}

/** Magnitudes by time and frequency. */
export interface Spectrogram {
  /** `[numFrames, numBins]` */
  readonly magnitudes: Float64Array;
  readonly numFrames: number;
  /** `nFft / 2 + 1`, from 0 Hz to half the sample rate. */
  readonly numBins: number;
}

/** The short-time Fourier transform under a periodic Hann window, its magnitudes alone; made once, used for many recordings. */
export class Stft {
  readonly nFft: number;
  readonly hopLength: number;
  readonly numBins: number;
  readonly #options: StftOptions;
  /** `[nFft]` */
  readonly #window: Float64Array;

  /** Throws `RANGE`. */
  constructor(options: StftOptions = {}) {
    const { nFft = 400, winLength = nFft, hopLength = Math.floor(winLength / 2) } = options;
    for (const [name, value, least, most] of [
      ["nFft", nFft, 2, 2 ** 24],
      ["winLength", winLength, 1, nFft],
      ["hopLength", hopLength, 1, Number.MAX_SAFE_INTEGER],
    ] as const)
      if (!(Number.isInteger(value) && value >= least && value <= most))
        throw new FoveaError("RANGE", `Stft: ${name} must be a whole number from ${least} to ${most}, got ${value}`);
    const { padMode = "reflect" } = options;
    if (padMode !== "reflect" && padMode !== "constant")
      throw new FoveaError("RANGE", `Stft: padMode must be reflect or constant, got ${padMode}`);
    this.nFft = nFft;
    this.hopLength = hopLength;
    this.numBins = Math.floor(nFft / 2) + 1;
    this.#options = options;
    this.#window = hann(nFft, winLength);
  }

  /** How many frames a recording of that many samples has. */
  numFrames(numSamples: number): number {
    const length = numSamples + 2 * this.#padding;
    return length < this.nFft ? 0 : 1 + Math.floor((length - this.nFft) / this.hopLength);
  }

  /** Throws `RANGE` for a recording too short to be mirrored. */
  transform(samples: ArrayLike<number>): Spectrogram {
    const { nFft, hopLength, numBins } = this;
    const signal = this.#padded(samples);
    const numFrames = this.numFrames(samples.length);
    const magnitudes = new Float64Array(numFrames * numBins);
    const compute = magnitudesOf(nFft);
    const frame = new Float64Array(nFft);
    for (let t = 0; t < numFrames; t += 1) {
      for (let i = 0; i < nFft; i += 1) frame[i] = signal[t * hopLength + i]! * this.#window[i]!;
      compute(frame, magnitudes.subarray(t * numBins, (t + 1) * numBins));
    }
    return { magnitudes, numFrames, numBins };
  }

  get #padding(): number {
    return (this.#options.center ?? true) ? Math.floor(this.nFft / 2) : 0;
  }

  #padded(samples: ArrayLike<number>): Float64Array {
    const padding = this.#padding;
    const signal = new Float64Array(samples.length + 2 * padding);
    signal.set(samples, padding);
    if (padding === 0 || this.#options.padMode === "constant") return signal;
    if (samples.length <= padding)
      throw new FoveaError(
        "RANGE",
        `Stft: to be mirrored a recording needs over nFft / 2 = ${padding} samples, got ${samples.length}`,
      );
    const last = padding + samples.length - 1;
    for (let i = 1; i <= padding; i += 1) {
      signal[padding - i] = signal[padding + i]!;
      signal[last + i] = signal[last - i]!;
    }
    return signal;
  }
}

/** sin² from 0 to just before 0, in the middle of `nFft` samples. */
function hann(nFft: number, winLength: number): Float64Array {
  const window = new Float64Array(nFft);
  const start = Math.floor((nFft - winLength) / 2);
  for (let i = 0; i < winLength; i += 1) window[start + i] = Math.sin((Math.PI * i) / winLength) ** 2;
  return window;
}

import { FoveaError } from "../runtime/errors.ts";

/**
 * How a model that was trained on short sequences reads longer ones: each changes the frequencies of `rotary`, as Hugging Face's
 * `rope_scaling` of that name.
 */
export type RotaryScaling =
  /** Positions divided by `factor` (Chen et al. 2023). */
  | { readonly type: "linear"; readonly factor: number }
  /**
   * A larger base once the sequence is longer than `maxPosition`, the more the longer ("dynamic NTK"). All of a sequence must then be
   * rotated together: keys in a cache were turned by another base.
   */
  | { readonly type: "dynamic"; readonly factor: number; readonly maxPosition: number }
  | YarnScaling
  | Llama3Scaling;

/**
 * Slow channels divided by `factor`, fast ones as they are, a ramp between them; `cos` and `sin` grow by `attentionFactor` (Peng et
 * al. 2023, YaRN).
 */
export interface YarnScaling {
  readonly type: "yarn";
  readonly factor: number;
  readonly originalMaxPosition: number;
  /** Turns over `originalMaxPosition` above which a channel is fast, and below which it is slow. Defaults 32 and 1. */
  readonly betaFast?: number;
  readonly betaSlow?: number;
  /** Default `0.1 · ln(factor) + 1`. */
  readonly attentionFactor?: number;
  /** Whether the ramp starts and ends at whole channels. Default true. */
  readonly truncate?: boolean;
}

/** Llama 3.1's: by wavelength, with a ramp between `originalMaxPosition / highFreqFactor` and `/ lowFreqFactor`. */
export interface Llama3Scaling {
  readonly type: "llama3";
  readonly factor: number;
  readonly lowFreqFactor: number;
  readonly highFreqFactor: number;
  readonly originalMaxPosition: number;
}

/** What turns the pairs: radians per position, and the length of what was of length 1. */
export interface RotaryFrequencies {
  readonly radians: Float64Array;
  readonly magnitude: number;
}

/** Throws `RANGE` for a scaling that is none of those, or a factor that is no positive number. */
export function expectScaling(scaling: RotaryScaling | null): void {
  if (scaling === null) return;
  if (!["linear", "dynamic", "yarn", "llama3"].includes(scaling.type))
    throw new FoveaError("RANGE", `rotary: scaling must be linear, dynamic, yarn or llama3, got ${JSON.stringify(scaling)}`);
  if (!(scaling.factor > 0 && Number.isFinite(scaling.factor)))
    throw new FoveaError("RANGE", `rotary: the factor of a scaling must be above 0, got ${scaling.factor}`);
}

/** `base^(−2p / rotaryDim)` for each pair p, scaled; `longest` is the length of the sequence, which only "dynamic" depends on. */
export function rotaryFrequencies(
  base: number,
  rotaryDim: number,
  scaling: RotaryScaling | null,
  longest: number,
): RotaryFrequencies {
  const plain = powers(base, rotaryDim);
  switch (scaling?.type) {
    case undefined:
      return { radians: plain, magnitude: 1 };
    case "linear":
      return { radians: plain.map((radians) => radians / scaling.factor), magnitude: 1 };
    case "dynamic":
      return { radians: powers(grownBase(base, rotaryDim, scaling, longest), rotaryDim), magnitude: 1 };
    case "yarn":
      return yarn(plain, base, scaling);
    case "llama3":
      return { radians: llama3(plain, scaling), magnitude: 1 };
  }
}

function powers(base: number, rotaryDim: number): Float64Array {
  return Float64Array.from({ length: rotaryDim / 2 }, (_, pair) => base ** ((-2 * pair) / rotaryDim));
}

function grownBase(base: number, rotaryDim: number, scaling: { factor: number; maxPosition: number }, longest: number): number {
  const { factor, maxPosition } = scaling;
  const length = Math.max(longest, maxPosition);
  return base * ((factor * length) / maxPosition - (factor - 1)) ** (rotaryDim / (rotaryDim - 2));
}

function yarn(plain: Float64Array, base: number, scaling: YarnScaling): RotaryFrequencies {
  const { factor, originalMaxPosition, betaFast = 32, betaSlow = 1, truncate = true } = scaling;
  const { attentionFactor = factor > 1 ? 0.1 * Math.log(factor) + 1 : 1 } = scaling;
  /** The pair that makes so many turns over the original length. */
  const pairOf = (turns: number) => (plain.length * Math.log(originalMaxPosition / (turns * 2 * Math.PI))) / Math.log(base);
  const [first, last] = [pairOf(betaFast), pairOf(betaSlow)];
  const low = Math.max(truncate ? Math.floor(first) : first, 0);
  const high = Math.min(truncate ? Math.ceil(last) : last, 2 * plain.length - 1);
  const width = high === low ? 0.001 : high - low;
  const radians = plain.map((radians, pair) => {
    const slow = Math.min(Math.max((pair - low) / width, 0), 1);
    return (radians / factor) * slow + radians * (1 - slow);
  });
  return { radians, magnitude: attentionFactor };
}

function llama3(plain: Float64Array, scaling: Llama3Scaling): Float64Array {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPosition } = scaling;
  return plain.map((radians) => {
    const turns = (originalMaxPosition * radians) / (2 * Math.PI);
    const fast = Math.min(Math.max((turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor), 0), 1);
    return (1 - fast) * (radians / factor) + fast * radians;
  });
}

import { FoveaError } from "../runtime/errors.ts";
import type { Rng } from "../tensor/rng.ts";

export interface SpecAugmentOptions {
  /** How many stretches of time are masked. Default 2. */
  readonly timeMasks?: number | undefined;
  /** The most frames of each. Default 40. */
  readonly maxTimeMask?: number | undefined;
  /** Nor more than this share of the recording. Default 0.2. */
  readonly maxTimeShare?: number | undefined;
  /** How many groups of neighbouring bands are masked. Default 2. */
  readonly frequencyMasks?: number | undefined;
  /** The most bands of each. Default an eighth of them. */
  readonly maxFrequencyMask?: number | undefined;
  /** What stands in their place. Default the mean of the recording. */
  readonly value?: number | undefined;
}

/**
 * A copy of features `[numFrames, nMels]` in which stretches of time and groups of bands are masked, each as long as chance will have it from 0 on
 * (SpecAugment without warping, Park et al. 2019): a model that is trained on it cannot rely on one cue alone. Throws `RANGE`, `SHAPE`.
 */
export function specAugment(features: Float32Array, nMels: number, rng: Rng, options: SpecAugmentOptions = {}): Float32Array {
  const { timeMasks = 2, maxTimeMask = 40, maxTimeShare = 0.2, frequencyMasks = 2 } = options;
  const { maxFrequencyMask = Math.floor(nMels / 8), value = meanOf(features) } = options;
  if (!(Number.isInteger(nMels) && nMels >= 1 && features.length % nMels === 0))
    throw new FoveaError("SHAPE", `specAugment: features must be frames of nMels, got ${features.length} numbers for ${nMels}`);
  for (const [name, number] of Object.entries({ timeMasks, maxTimeMask, maxTimeShare, frequencyMasks, maxFrequencyMask }))
    if (!(number >= 0)) throw new FoveaError("RANGE", `specAugment: ${name} must be at least 0, got ${number}`);
  const numFrames = features.length / nMels;
  const masked = features.slice();
  for (let mask = 0; mask < timeMasks; mask += 1) {
    const [start, end] = stretch(numFrames, Math.min(maxTimeMask, Math.floor(maxTimeShare * numFrames)), rng);
    masked.fill(value, start * nMels, end * nMels);
  }
  for (let mask = 0; mask < frequencyMasks; mask += 1) {
    const [start, end] = stretch(nMels, maxFrequencyMask, rng);
    for (let t = 0; t < numFrames; t += 1) masked.fill(value, t * nMels + start, t * nMels + end);
  }
  return masked;
}

function stretch(length: number, most: number, rng: Rng): readonly [start: number, end: number] {
  const masked = rng.below(Math.min(length, most) + 1);
  const start = rng.below(length - masked + 1);
  return [start, start + masked];
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

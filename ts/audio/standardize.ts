import { FoveaError } from "../runtime/errors.ts";

/** Of each column of features. */
export interface Statistics {
  readonly mean: Float64Array;
  readonly std: Float64Array;
}

/** Mean and standard deviation of each of `size` columns over all frames of all recordings. Throws `SHAPE`. */
export function statisticsOf(recordings: Iterable<Float32Array>, size: number): Statistics {
  const sums = new Float64Array(size);
  const squares = new Float64Array(size);
  let numFrames = 0;
  for (const features of recordings) {
    checkFrames("statisticsOf", features, size);
    for (let i = 0; i < features.length; i += 1) {
      sums[i % size]! += features[i]!;
      squares[i % size]! += features[i]! ** 2;
    }
    numFrames += features.length / size;
  }
  const mean = sums.map((sum) => sum / Math.max(1, numFrames));
  const std = squares.map((square, column) => Math.sqrt(Math.max(0, square / Math.max(1, numFrames) - mean[column]! ** 2)));
  return { mean, std };
}

/**
 * Features `[numFrames, size]` with mean 0 and standard deviation 1 in each column: by the statistics of all that is trained on or, left out, by the
 * recording's own, which takes out loudness and microphone but of a short one also much of what it says. Throws `SHAPE`.
 */
export function standardize(features: Float32Array, size: number, statistics?: Statistics): Float32Array {
  checkFrames("standardize", features, size);
  const { mean, std } = statistics ?? statisticsOf([features], size);
  if (mean.length !== size || std.length !== size)
    throw new FoveaError("SHAPE", `standardize: statistics must be of ${size} columns, got ${mean.length} and ${std.length}`);
  return features.map((value, i) => (value - mean[i % size]!) / Math.sqrt(std[i % size]! ** 2 + 1e-5));
}

function checkFrames(op: string, features: Float32Array, size: number): void {
  if (!(Number.isInteger(size) && size >= 1 && features.length % size === 0))
    throw new FoveaError("SHAPE", `${op}: features must be frames of size, got ${features.length} numbers for ${size}`);
}

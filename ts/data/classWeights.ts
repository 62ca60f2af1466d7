import { FoveaError } from "../runtime/errors.ts";

export interface ClassWeightOptions {
  /**
   * Left out: each class weighs `n / (numClasses · count)`, so that all weigh the same together. Between 0 and 1: by the effective number of examples,
   * `(1 - beta) / (1 - beta ** count)`, scaled to mean 1 (Cui et al. 2019).
   */
  beta?: number | undefined;
}

/** Weights for a loss, by class, that make up for classes of different size. A class without examples weighs 0. Throws `RANGE`, `DATA`. */
export function classWeights(labels: Iterable<number>, numClasses: number, { beta }: ClassWeightOptions = {}): number[] {
  if (beta !== undefined && !(beta >= 0 && beta < 1))
    throw new FoveaError("RANGE", `classWeights: beta must be from 0 to below 1, got ${beta}`);
  if (!(Number.isInteger(numClasses) && numClasses >= 1))
    throw new FoveaError("RANGE", `classWeights: numClasses must be a whole number of at least 1, got ${numClasses}`);
  const counts = new Array<number>(numClasses).fill(0);
  for (const label of labels) {
    if (counts[label] === undefined)
      throw new FoveaError("DATA", `classWeights: labels must be from 0 to ${numClasses - 1}, got ${label}`);
    counts[label] += 1;
  }
  const present = counts.filter((count) => count > 0).length;
  const weigh = (count: number): number => (count === 0 ? 0 : beta === undefined ? 1 / count : (1 - beta) / (1 - beta ** count));
  const weights = counts.map(weigh);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const scale =
    beta === undefined ? total / Math.max(1, present) : present / weights.reduce((sum, weight) => sum + weight, 0) || 0;
  return weights.map((weight) => weight * scale);
}

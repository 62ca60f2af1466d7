/** How often values fall between limits. */
export interface Histogram {
  /** Of all finite values. */
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** The upper limit of each bucket, which belongs to the next one; the last one's belongs to it. */
  readonly limits: readonly number[];
  readonly counts: readonly number[];
}

const BUCKETS = 30; // as many as TensorBoard draws

/** In equal buckets from the least value to the largest; NaN and infinities are left out. Null if nothing remains. */
export function histogramOf(values: ArrayLike<number>): Histogram | null {
  let [count, sum, sumSquares, min, max] = [0, 0, 0, Infinity, -Infinity];
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    count += 1;
    sum += value;
    sumSquares += value * value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (count === 0) return null;
  const width = (max - min) / BUCKETS;
  if (width === 0) return { count, min, max, sum, sumSquares, limits: [max], counts: [count] };
  const limits = Array.from({ length: BUCKETS }, (_, i) => (i === BUCKETS - 1 ? max : min + (i + 1) * width));
  const counts = limits.map(() => 0);
  for (let i = 0; i < values.length; i += 1) {
    const bucket = Math.floor((values[i]! - min) / width);
    if (bucket >= 0 && Number.isFinite(bucket)) counts[Math.min(bucket, BUCKETS - 1)]! += 1;
  }
  return { count, min, max, sum, sumSquares, limits, counts };
}

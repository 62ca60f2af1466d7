import { FoveaError } from "../runtime/errors.ts";
import { Rng } from "../tensor/rng.ts";

export interface PlanOptions {
  /** Default 32, or without limit if there is `maxTokens`. */
  batchSize?: number | undefined;
  /** The most tokens of a batch, padding among them: its number of items times its longest. */
  maxTokens?: number | undefined;
  /** Draw the order from this seed; without it the order is that of the data. */
  seed?: number | undefined;
  /** Put examples of like length together, to compute less padding. Default: if there is a seed. */
  byLength?: boolean | undefined;
  /** Longer examples count as this long. */
  maxLen?: number | undefined;
  /** Leave out the last batch if it is smaller than the others. Default false. */
  dropLast?: boolean | undefined;
}

/** Batches, by index, and what is left over for the last one. */
export interface Cut {
  readonly full: number[][];
  readonly rest: number[];
}

// Within a window of this many batches examples are sorted by length: short enough that the order stays random, long enough that
// almost no padding is left.
const WINDOW = 50;

/** Which examples, by index, go into which batch. Throws `RANGE`. */
export function planBatches(lengths: readonly number[], options: PlanOptions = {}): number[][] {
  const rng = options.seed === undefined ? null : new Rng(options.seed);
  const { full, rest } = cutBatches(lengths, options, rng);
  const plan = rest.length === 0 || options.dropLast ? full : [...full, rest];
  return sortsByLength(options) && rng ? rng.shuffle(plan) : plan;
}

/** The batches in the order in which they were cut, the incomplete one apart. Throws `RANGE`. */
export function cutBatches(lengths: readonly number[], options: PlanOptions, rng: Rng | null): Cut {
  const { batchSize, maxTokens } = limits(options);
  const order = Array.from(lengths, (_, index) => index);
  rng?.shuffle(order);
  const lengthOf = (index: number): number => Math.min(lengths[index]!, options.maxLen ?? Number.POSITIVE_INFINITY);
  const window = Number.isFinite(batchSize) ? batchSize * WINDOW : windowOfTokens(order.map(lengthOf), maxTokens);
  const sorted = sortsByLength(options)
    ? chunks(order, window).flatMap((items) => items.sort((a, b) => lengthOf(a) - lengthOf(b)))
    : order;
  if (!Number.isFinite(maxTokens)) {
    const batches = chunks(sorted, batchSize);
    const rest = (batches.at(-1)?.length ?? batchSize) < batchSize ? batches.pop()! : [];
    return { full: batches, rest };
  }
  return cutByTokens(sorted, lengthOf, batchSize, maxTokens);
}

export function sortsByLength({ seed, byLength = seed !== undefined }: PlanOptions): boolean {
  return byLength;
}

function limits({ maxTokens = Number.POSITIVE_INFINITY, batchSize }: PlanOptions): { batchSize: number; maxTokens: number } {
  const size = batchSize ?? (Number.isFinite(maxTokens) ? Number.POSITIVE_INFINITY : 32);
  if (!(size >= 1) || (Number.isFinite(size) && !Number.isInteger(size)))
    throw new FoveaError("RANGE", `batches: batchSize must be a whole number of at least 1, got ${size}`);
  if (!(maxTokens >= 1)) throw new FoveaError("RANGE", `batches: maxTokens must be at least 1, got ${maxTokens}`);
  return { batchSize: size, maxTokens };
}

/** About as many items as make up `WINDOW` batches. */
function windowOfTokens(lengths: readonly number[], maxTokens: number): number {
  const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);
  return Math.max(1, Math.round((WINDOW * maxTokens) / Math.max(1, mean)));
}

function cutByTokens(order: readonly number[], lengthOf: (index: number) => number, batchSize: number, maxTokens: number): Cut {
  const full: number[][] = [];
  let batch: number[] = [];
  let longest = 0;
  for (const index of order) {
    const length = Math.max(1, lengthOf(index));
    if (length > maxTokens)
      throw new FoveaError(
        "RANGE",
        `batches: maxTokens must hold the longest example, got ${maxTokens} for one of ${length}; cut it with maxLen`,
      );
    const grown = Math.max(longest, length);
    if (batch.length === batchSize || grown * (batch.length + 1) > maxTokens) {
      full.push(batch);
      batch = [];
      longest = 0;
    }
    batch.push(index);
    longest = Math.max(longest, length);
  }
  return { full, rest: batch };
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

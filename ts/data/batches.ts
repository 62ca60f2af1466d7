import { FoveaError } from "../runtime/errors.ts";
import { Rng } from "../tensor/rng.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";

/** A sequence of token ids and its class. */
export interface Example {
  readonly ids: ArrayLike<number>;
  readonly label: number;
}

/** Examples side by side: shorter ones are padded to the longest. */
export interface Batch {
  /** int32 `[batch, seqLen]` */
  readonly ids: Tensor;
  /** How many tokens of each are real. */
  readonly lengths: readonly number[];
  /** int32 `[batch]` */
  readonly labels: Tensor;
}

export interface CollateOptions {
  /** Longer examples lose their end. */
  maxLen?: number | undefined;
  /** The id that fills up shorter ones. */
  paddingIdx?: number | undefined;
}

export interface BatchOptions extends CollateOptions {
  batchSize?: number | undefined;
  /** Draw the order from this seed; without it the order is that of the data. */
  seed?: number | undefined;
  /** Put examples of like length together, to compute less padding. */
  byLength?: boolean;
}

// Within a window of this many batches examples are sorted by length: short enough that the order stays random, long enough that
// almost no padding is left.
const WINDOW = 50;

/** Batches of `examples`. Each lives until the next is taken. Throws `RANGE`, `DATA`. */
export function* batches(examples: readonly Example[], options: BatchOptions = {}): Generator<Batch, void, undefined> {
  const plan = planBatches(
    examples.map(({ ids }) => ids.length),
    options,
  );
  for (const indices of plan) {
    const batch = collate(
      indices.map((index) => examples[index]!),
      options,
    );
    try {
      yield batch;
    } finally {
      batch.ids.dispose();
      batch.labels.dispose();
    }
  }
}

/** Which examples, by index, go into which batch. Throws `RANGE`. */
export function planBatches(
  lengths: readonly number[],
  { batchSize = 32, seed, byLength = seed !== undefined, maxLen = Number.POSITIVE_INFINITY }: BatchOptions = {},
): number[][] {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new FoveaError("RANGE", `batches: batchSize must be a whole number of at least 1, got ${batchSize}`);
  const rng = seed === undefined ? null : new Rng(seed);
  const order = Array.from(lengths, (_, index) => index);
  rng?.shuffle(order);
  const capped = (index: number) => Math.min(lengths[index]!, maxLen);
  const sorted = byLength
    ? chunks(order, batchSize * WINDOW).flatMap((window) => window.sort((a, b) => capped(a) - capped(b)))
    : order;
  const plan = chunks(sorted, batchSize);
  return byLength && rng ? rng.shuffle(plan) : plan;
}

/** One batch of all `examples`. Throws `RANGE`, and `DATA` for an id or a label that is no whole number. */
export function collate(examples: readonly Example[], { maxLen, paddingIdx = 0 }: CollateOptions = {}): Batch {
  if (maxLen !== undefined && !(Number.isInteger(maxLen) && maxLen >= 1))
    throw new FoveaError("RANGE", `batches: maxLen must be a whole number of at least 1, got ${maxLen}`);
  const lengths = examples.map(({ ids }) => Math.min(ids.length, maxLen ?? ids.length));
  const seqLen = Math.max(1, ...lengths);
  const rows = new Int32Array(examples.length * seqLen).fill(paddingIdx);
  const labels = new Int32Array(examples.length);
  for (const [item, example] of examples.entries()) {
    for (let i = 0; i < lengths[item]!; i += 1) rows[item * seqLen + i] = whole("ids", example.ids[i], item);
    labels[item] = whole("label", example.label, item);
  }
  const batch = { ids: empty([examples.length, seqLen], "int32"), lengths, labels: empty([examples.length], "int32") };
  batch.ids.view().set(rows);
  batch.labels.view().set(labels);
  return batch;
}

function whole(what: string, value: unknown, item: number): number {
  if (typeof value === "number" && (value | 0) === value) return value;
  throw new FoveaError(
    "DATA",
    `batches: ${what} must be whole numbers of 32 bits, got ${String(value)} in example ${item} of its batch`,
  );
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

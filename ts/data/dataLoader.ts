import { FoveaError } from "../runtime/errors.ts";
import { Rng } from "../tensor/rng.ts";
import { reachable } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { cutBatches, type PlanOptions, sortsByLength } from "./planBatches.ts";

/** Anything that gives its items one by one: an array, a generator's results, lines as they are read. */
export type Dataset<T> = Iterable<T> | AsyncIterable<T>;

/** What a batch may depend on besides its items, so that it is the same in a run that was stopped and went on. */
export interface CollateContext {
  /** Random numbers for this batch alone: to mask, flip, shift. */
  readonly rng: Rng;
  /** From 0. */
  readonly epoch: number;
}

/** Makes a batch of items; may take its time, to read files. */
export type Collate<T, B> = (items: readonly T[], context: CollateContext) => B | Promise<B>;

export interface DataLoaderOptions<T, B> extends PlanOptions {
  readonly collate: Collate<T, B>;
  /** How long an item is: needed for `byLength` and `maxTokens`. Left out: the length of its `ids`. */
  readonly lengthOf?: ((item: T) => number) | undefined;
  /** How many batches are made ahead, while the one before is being computed with. Default 2. */
  readonly prefetch?: number | undefined;
  /** What is no array is shuffled and sorted by length this many items at a time. Default 10,000. */
  readonly windowSize?: number | undefined;
}

/** Where in the data a loader is. */
export interface DataPosition {
  readonly epoch: number;
  /** How many batches of the epoch have been handed out. */
  readonly batch: number;
}

/**
 * Batches of a data set, epoch after epoch: each `for await` is one, in an order of its own if there is a seed. A batch's tensors live until
 * the next one is taken. An array is shuffled as a whole; anything else passes by in windows, is read again for each epoch, and is never held whole.
 *
 *     const loader = new DataLoader(examples, { batchSize: 32, seed: 1, collate: (items) => collate(items, { maxLen: 64 }) });
 *     for await (const { ids, lengths, labels } of loader) …
 *
 * `state()` between two batches, saved and later given to `load`, makes the next epoch begin there and go on with the same bits. An epoch that is left
 * with `break` counts as over.
 */
export class DataLoader<T, B> implements AsyncIterable<B> {
  readonly #data: Dataset<T>;
  readonly #options: DataLoaderOptions<T, B>;
  #position: DataPosition = { epoch: 0, batch: 0 };
  #started = false;

  /** Throws `RANGE`. */
  constructor(data: Dataset<T>, options: DataLoaderOptions<T, B>) {
    const { prefetch = 2, windowSize = WINDOW_SIZE } = options;
    for (const [name, value, least] of [
      ["prefetch", prefetch, 0],
      ["windowSize", windowSize, 1],
    ] as const)
      if (!(Number.isInteger(value) && value >= least))
        throw new FoveaError("RANGE", `DataLoader: ${name} must be a whole number of at least ${least}, got ${value}`);
    cutBatches([], options, null); // for its checks
    this.#data = data;
    this.#options = options;
  }

  /** Where it is: after the batch handed out last. */
  state(): DataPosition {
    return this.#position;
  }

  /** Makes the next epoch go on from where `state()` was taken. Throws `RANGE` for what is no position. */
  load({ epoch, batch }: DataPosition): void {
    if (![epoch, batch].every((count) => Number.isInteger(count) && count >= 0))
      throw new FoveaError("RANGE", `DataLoader: a position has whole numbers epoch and batch, got ${epoch} and ${batch}`);
    this.#position = { epoch, batch };
    this.#started = false;
  }

  /** How many batches an epoch has; only an array tells. Throws `STATE` for other data. */
  get length(): number {
    if (!Array.isArray(this.#data))
      throw new FoveaError("STATE", "DataLoader: only the batches of an array can be counted before they are read");
    const { full, rest } = this.#cut(this.#data as readonly T[], this.#rngOf(this.#position.epoch));
    return full.length + (rest.length > 0 && !this.#options.dropLast ? 1 : 0);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    if (this.#started) this.#position = { epoch: this.#position.epoch + 1, batch: 0 };
    this.#started = true;
    const { epoch, batch: first } = this.#position;
    const ready = ahead(this.#batches(epoch, first), this.#options.prefetch ?? 2, release);
    try {
      for (let batch = first; ; batch += 1) {
        const { done, value } = await ready.next();
        if (done) break;
        this.#position = { epoch, batch: batch + 1 };
        try {
          yield value;
        } finally {
          release(value);
        }
      }
    } finally {
      await ready.return();
    }
    this.#position = { epoch: epoch + 1, batch: 0 };
    this.#started = false;
  }

  /** The batches of an epoch from the one numbered `first` on. */
  async *#batches(epoch: number, first: number): AsyncGenerator<B, void, undefined> {
    let batch = 0;
    for await (const items of this.#groups(epoch)) {
      if (batch >= first) yield await this.#options.collate(items, { rng: new Rng(this.#seedOf(epoch, batch)), epoch });
      batch += 1;
    }
  }

  /** The items of each batch of an epoch. */
  async *#groups(epoch: number): AsyncGenerator<T[], void, undefined> {
    const rng = this.#rngOf(epoch);
    const ordered = sortsByLength(this.#options);
    const { dropLast, batchSize = 32, windowSize = rng || ordered ? WINDOW_SIZE : batchSize } = this.#options;
    let rest: T[] = [];
    for await (const window of windows(this.#data, windowSize)) {
      const items = [...rest, ...window];
      const cut = this.#cut(items, rng);
      const groups = rng && ordered ? rng.shuffle(cut.full) : cut.full;
      for (const group of groups) yield group.map((index) => items[index]!);
      rest = cut.rest.map((index) => items[index]!);
    }
    if (rest.length > 0 && !dropLast) yield rest;
  }

  #cut(items: readonly T[], rng: Rng | null) {
    const { lengthOf = idsLength, maxTokens } = this.#options;
    const measured = sortsByLength(this.#options) || maxTokens !== undefined;
    return cutBatches(measured ? items.map(lengthOf) : items.map(() => 1), this.#options, rng);
  }

  #rngOf(epoch: number): Rng | null {
    return this.#options.seed === undefined ? null : new Rng(this.#seedOf(epoch, -1));
  }

  /** A seed for each batch of each epoch; -1 is that of the order. */
  #seedOf(epoch: number, batch: number): number {
    const { seed = 0 } = this.#options;
    const small = Math.abs(seed) < 2 ** 32 ? seed : new Rng(seed).uint32(); // beside `Date.now()` an epoch would be rounded away
    const ofEpoch = new Rng(small + epoch * 2 ** -20).uint32();
    return ofEpoch + (batch + 1) * 2 ** -20;
  }
}

const WINDOW_SIZE = 10_000;

/** All of an array, and parts of anything else. */
async function* windows<T>(data: Dataset<T>, size: number): AsyncGenerator<readonly T[], void, undefined> {
  if (Array.isArray(data)) {
    yield data as readonly T[];
    return;
  }
  let window: T[] = [];
  for await (const item of data) {
    window.push(item);
    if (window.length < size) continue;
    yield window;
    window = [];
  }
  if (window.length > 0) yield window;
}

/** Asks for up to `count` items before they are wanted; those that nobody takes are let go. */
async function* ahead<B>(
  items: AsyncGenerator<B, void, undefined>,
  count: number,
  letGo: (item: B) => void,
): AsyncGenerator<B, void, undefined> {
  const asked: Promise<IteratorResult<B, void>>[] = [];
  const ask = (): void => {
    const next = items.next();
    next.catch(() => {}); // it is thrown when its turn comes
    asked.push(next);
  };
  try {
    for (;;) {
      while (asked.length <= count) ask();
      const { done, value } = await asked.shift()!;
      if (done) return;
      yield value;
    }
  } finally {
    for (const result of await Promise.allSettled(asked))
      if (result.status === "fulfilled" && !result.value.done) letGo(result.value.value);
    await items.return();
  }
}

/** Frees the tensors of a batch, wherever in its arrays and objects they are. */
function release(batch: unknown): void {
  if (typeof batch !== "object" || batch === null) return;
  const parts: unknown = batch instanceof Tensor ? batch : Object.values(batch);
  for (const tensor of reachable(parts, (object): object is Tensor => object instanceof Tensor)) tensor.dispose();
}

function idsLength(item: unknown): number {
  const { ids } = (item ?? {}) as { ids?: ArrayLike<number> };
  if (typeof ids?.length === "number") return ids.length;
  throw new FoveaError("DATA", "DataLoader: an item without ids needs lengthOf to tell its length, or byLength: false");
}

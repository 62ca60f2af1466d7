import { type Batch, type BatchOptions, collate, type Example } from "../data/batches.ts";
import { DataLoader, type DataPosition, type Dataset } from "../data/dataLoader.ts";
import { planBatches } from "../data/planBatches.ts";
import { FoveaError } from "../runtime/errors.ts";

/** Examples, which are shuffled, put together by length and padded, or batches ready-made, which are taken as they come. */
export type TrainingData = Iterable<Example> | Dataset<Batch>;

/** One pass over the data. */
export interface Pass<B> {
  /** How many batches there are, if that is known beforehand. */
  readonly count: number | null;
  readonly batches: Iterable<B> | AsyncIterable<B>;
}

/** Data that can be passed over again and again, each time in an order of its own. */
export interface Source<B> {
  /** From batch number `first` on, in the order that belongs to `key`. */
  pass(key: number | undefined, first: number): Pass<B>;
  /** Of a loader, which keeps its own order. */
  position?(): DataPosition;
  load?(position: DataPosition): void;
}

/** Throws `DATA` if there is nothing in it, as far as that is known. */
export function exampleSource(op: string, data: TrainingData, options: BatchOptions): Source<Batch> {
  expectIterable(op, data);
  if (Symbol.asyncIterator in data) return batchSource(op, data);
  const items = [...(data as Iterable<Example | Batch>)];
  if (items[0] && !("labels" in items[0])) return planned(items as Example[], options);
  return batchSource(op, items as Batch[]);
}

/** The same of batches alone. */
export function batchSource<B>(op: string, data: Dataset<B>): Source<B> {
  expectIterable(op, data);
  if (data instanceof DataLoader) {
    const loader: DataLoader<unknown, B> = data;
    return {
      pass: () => ({ count: lengthOf(loader), batches: loader }),
      position: () => loader.state(),
      load: (position) => loader.load(position),
    };
  }
  if (Symbol.asyncIterator in data) return { pass: (_, first) => ({ count: null, batches: from(data, first) }) };
  const ready = Array.isArray(data) ? (data as B[]) : [...data];
  if (ready.length === 0) throw new FoveaError("DATA", `${op}: needs at least one example, got an empty data set`);
  return { pass: (_, first) => ({ count: ready.length, batches: ready.slice(first) }) };
}

function expectIterable(op: string, data: object): void {
  if (typeof data === "object" && data !== null && (Symbol.iterator in data || Symbol.asyncIterator in data)) return;
  throw new FoveaError("DATA", `${op}: data must be something to loop over, such as an array or a DataLoader, got ${data}`);
}

function planned(examples: readonly Example[], options: BatchOptions): Source<Batch> {
  const lengths = examples.map(({ ids }) => ids.length);
  return {
    pass(seed, first) {
      const plan = planBatches(lengths, { ...options, seed, byLength: options.byLength ?? true });
      return { count: plan.length, batches: collated(examples, plan.slice(first), options) };
    },
  };
}

function* collated(examples: readonly Example[], plan: readonly (readonly number[])[], options: BatchOptions): Generator<Batch> {
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

async function* from<B>(data: AsyncIterable<B>, first: number): AsyncGenerator<B> {
  let count = 0;
  for await (const batch of data) {
    count += 1;
    if (count > first) yield batch;
  }
}

/** The error for a pass without a batch: with it a training that is to make so many steps would go on for ever. */
export function noBatch(op: string): FoveaError {
  return new FoveaError(
    "DATA",
    `${op}: the data gave no batch; dropLast leaves out the only one if it is smaller than batchSize, and what is read more than once must be able to begin anew`,
  );
}

/** Null for a loader of what cannot be counted. */
function lengthOf(loader: DataLoader<unknown, unknown>): number | null {
  try {
    return loader.length;
  } catch (error) {
    if (error instanceof FoveaError && error.code === "STATE") return null;
    throw error;
  }
}

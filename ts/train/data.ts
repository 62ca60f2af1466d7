import { type Batch, type BatchOptions, collate, type Example } from "../data/batches.ts";
import { planBatches } from "../data/planBatches.ts";
import { FoveaError } from "../runtime/errors.ts";

/** Examples, which are shuffled, put together by length and padded, or batches ready-made, which are taken as they come. */
export type TrainingData = Iterable<Example> | Iterable<Batch>;

/** One pass over the data. */
export interface Pass {
  readonly steps: number;
  /** The batch of a step; made for it, and then the caller's to free, unless the data were batches already. */
  batch(step: number): Batch;
}

/** Data that can be passed over again and again, each time in an order of its own. */
export interface Source {
  pass(seed: number | undefined): Pass;
}

/** Throws `DATA` if there is nothing in it. */
export function source(op: string, data: TrainingData, options: BatchOptions): Source {
  const items = [...(data as Iterable<Example | Batch>)];
  if (items.length === 0) throw new FoveaError("DATA", `${op}: needs at least one example, got an empty data set`);
  if ("labels" in items[0]!) {
    const ready = items as Batch[];
    return { pass: () => ({ steps: ready.length, batch: (step) => ready[step]! }) };
  }
  const examples = items as Example[];
  const lengths = examples.map(({ ids }) => ids.length);
  return {
    pass(seed) {
      const plan = planBatches(lengths, { ...options, seed, byLength: options.byLength ?? true });
      const pick = (indices: readonly number[]) => indices.map((index) => examples[index]!);
      return { steps: plan.length, batch: (step) => collate(pick(plan[step]!), options) };
    },
  };
}

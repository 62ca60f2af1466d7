import { empty, type Tensor } from "../tensor/tensor.ts";
import { checkWhole, type PaddingOptions, padIds } from "./padding.ts";
import { type PlanOptions, planBatches } from "./planBatches.ts";

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

export type CollateOptions = PaddingOptions;

export interface BatchOptions extends PlanOptions, PaddingOptions {}

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

/** One batch of all `examples`. Throws `RANGE`, and `DATA` for an id or a label that is no whole number. */
export function collate(examples: readonly Example[], options: PaddingOptions = {}): Batch {
  for (const [item, { label }] of examples.entries()) checkWhole("label", label, item);
  const padded = padIds(
    examples.map(({ ids }) => ids),
    options,
  );
  const labels = empty([examples.length], "int32");
  const view = labels.view();
  for (const [item, { label }] of examples.entries()) view[item] = label;
  return { ...padded, labels };
}

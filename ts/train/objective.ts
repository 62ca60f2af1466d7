import type { Batch } from "../data/batches.ts";
import type { Module } from "../nn/module.ts";
import { crossEntropy } from "../ops/crossEntropy.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What a model makes of a batch. */
export interface Outcome {
  /** A scalar: the mean over what the batch holds. */
  readonly loss: Tensor;
  /** How many items, or tokens, `loss` is the mean of. Batches weigh by it. Default 1. */
  readonly weight?: number;
  /** `[…, classes]`, for accuracy and other metrics. */
  readonly logits?: Tensor;
  /** int32 `[…]`; negative ones are ignored. */
  readonly labels?: Tensor;
  /** How many tokens were read, for the rate that is shown. */
  readonly tokens?: number;
}

/** Runs a model on a batch: the loss alone, or all there is to say. */
export type Objective<M, B> = (model: M, batch: B) => Tensor | Outcome;

/** A module from ids `[batch, seqLen]` to logits `[batch, classes]`. */
export interface ClassifierModule extends Module {
  forward(ids: Tensor, call: { lengths: readonly number[] }): Tensor;
}

/** The mean over the batch, a scalar. */
export type Loss = (logits: Tensor, labels: Tensor) => Tensor;

/** The objective of a classifier. */
export function classification(loss: Loss = crossEntropy): Objective<ClassifierModule, Batch> {
  return (model, { ids, lengths, labels }) => {
    const logits = model.forward(ids, { lengths });
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    return { loss: loss(logits, labels), weight: labels.length, logits, labels, tokens };
  };
}

export function outcomeOf<M, B>(objective: Objective<M, B>, model: M, batch: B): Outcome {
  const result = objective(model, batch);
  return "loss" in result ? result : { loss: result };
}

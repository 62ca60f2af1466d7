import { noGrad } from "../autograd/index.ts";
import type { BatchOptions } from "../data/batches.ts";
import type { Module } from "../nn/module.ts";
import { crossEntropy } from "../ops/crossEntropy.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Breather } from "./breathe.ts";
import { source, type TrainingData } from "./data.ts";
import { Scores } from "./scores.ts";

/** A module from ids `[batch, seqLen]` to logits `[batch, classes]`. */
export interface ClassifierModule extends Module {
  forward(ids: Tensor, call: { lengths: readonly number[] }): Tensor;
}

/** The mean over the batch, a scalar. */
export type Loss = (logits: Tensor, labels: Tensor) => Tensor;

export interface EvaluateOptions extends Omit<BatchOptions, "seed"> {
  loss?: Loss | undefined;
  signal?: AbortSignal | undefined;
}

export interface Evaluation {
  /** The mean over all examples. */
  loss: number;
  /** The share of right answers. */
  accuracy: number;
  /** `confusion[label][predicted]`: how many. */
  confusion: number[][];
  examples: number;
}

/**
 * Runs `model` over `data` without training it: dropout rests, no gradients are recorded; afterwards the model is in the mode it
 * was in. Throws `DATA`, and the signal's reason if it is aborted.
 */
export async function evaluate(model: ClassifierModule, data: TrainingData, options: EvaluateOptions = {}): Promise<Evaluation> {
  const { loss = crossEntropy, signal, batchSize = 64, ...rest } = options;
  const pass = source("evaluate", data, { ...rest, batchSize }).pass(undefined);
  const breather = new Breather(signal);
  const scores = new Scores();
  const { training } = model;
  try {
    for (let step = 0; step < pass.steps; step += 1) {
      await breather.breathe();
      model.eval();
      scope(() =>
        noGrad(() => {
          const { ids, lengths, labels } = pass.batch(step);
          const logits = model.forward(ids, { lengths });
          scores.add(logits, labels, loss(logits, labels).item());
        }),
      );
    }
  } finally {
    model.train(training);
  }
  return { loss: scores.loss, accuracy: scores.accuracy, confusion: scores.confusion, examples: scores.examples };
}

import { noGrad } from "../autograd/index.ts";
import type { Batch, BatchOptions } from "../data/batches.ts";
import type { Dataset } from "../data/dataLoader.ts";
import type { Module } from "../nn/module.ts";
import { Breather } from "../runtime/breathe.ts";
import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import { batchSource, exampleSource, noBatch, type Source, type TrainingData } from "./data.ts";
import type { Metric } from "./metrics/metric.ts";
import { type ClassifierModule, classification, type Loss, type Objective, outcomeOf } from "./objective.ts";
import { Scores } from "./scores.ts";

/** Metrics by the names under which their values are given. */
export type Metrics = Readonly<Record<string, () => Metric>>;

export interface EvaluateOptions extends Omit<BatchOptions, "seed"> {
  loss?: Loss | undefined;
  metrics?: Metrics | undefined;
  signal?: AbortSignal | undefined;
}

/** For any model and batches: `objective` says what one makes of the other. */
export interface ObjectiveOptions<M, B> {
  objective: Objective<M, B>;
  metrics?: Metrics | undefined;
  signal?: AbortSignal | undefined;
}

export interface Evaluation {
  /** The mean over all examples. */
  loss: number;
  /** The share of right answers; NaN where the objective gives no logits and labels. */
  accuracy: number;
  /** `confusion[label][predicted]`: how many. Empty for more than 1,024 classes, a vocabulary for one. */
  confusion: number[][];
  examples: number;
  metrics: Record<string, number>;
}

/**
 * Runs `model` over `data` without training it: dropout rests, no gradients are recorded; afterwards the model is in the mode it
 * was in. Throws `DATA`, and the signal's reason if it is aborted.
 */
export function evaluate(model: ClassifierModule, data: TrainingData, options?: EvaluateOptions): Promise<Evaluation>;
export function evaluate<M extends Module, B>(model: M, data: Dataset<B>, options: ObjectiveOptions<M, B>): Promise<Evaluation>;
export async function evaluate(
  model: ClassifierModule,
  data: TrainingData,
  options: EvaluateOptions & Partial<ObjectiveOptions<ClassifierModule, Batch>> = {},
): Promise<Evaluation> {
  const { loss, objective, batchSize = 64, metrics, signal, ...rest } = options;
  const source = objective
    ? batchSource("evaluate", data as Dataset<Batch>)
    : exampleSource("evaluate", data, { ...rest, batchSize });
  return evaluateSource(model, source, { objective: objective ?? classification(loss), metrics, signal });
}

/** The same of data that may be passed over again. */
export async function evaluateSource<M extends Module, B>(
  model: M,
  source: Source<B>,
  { objective, metrics = {}, signal }: ObjectiveOptions<M, B>,
): Promise<Evaluation> {
  const breather = new Breather(signal);
  const scores = new Scores();
  const named = Object.entries(metrics).map(([name, make]) => [name, make()] as const);
  const { training } = model;
  let count = 0;
  try {
    for await (const batch of source.pass(undefined, 0).batches) {
      count += 1;
      await breather.breathe();
      model.eval();
      scope(() =>
        noGrad(() => {
          const { loss, weight = 1, logits, labels } = outcomeOf(objective, model, batch);
          const mean = loss.item();
          scores.addLoss(mean, weight);
          if (logits && labels) scores.add(logits, labels);
          for (const [name, metric] of named) {
            if (logits && labels) metric.add(logits, labels, { loss: mean, weight });
            else if (metric.addLoss) metric.addLoss({ loss: mean, weight });
            else
              throw new FoveaError(
                "RANGE",
                `evaluate: the objective must give logits and labels for the metric ${name}, got none`,
              );
          }
        }),
      );
    }
  } finally {
    model.train(training);
  }
  if (count === 0) throw noBatch("evaluate");
  const values = Object.fromEntries(named.map(([name, metric]) => [name, metric.value]));
  const { loss, accuracy, confusion, examples } = scores;
  return { loss, accuracy, confusion, examples, metrics: values };
}

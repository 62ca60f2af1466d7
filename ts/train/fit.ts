import type { Batch, BatchOptions } from "../data/batches.ts";
import { crossEntropy } from "../ops/crossEntropy.ts";
import { clipGradNorm } from "../optim/clipGradients.ts";
import { type Optimizer, scaleLearningRates } from "../optim/optimizer.ts";
import type { Schedule } from "../optim/schedules.ts";
import { FoveaError } from "../runtime/errors.ts";
import { manualSeed, nextKey } from "../tensor/rng.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Breather } from "./breathe.ts";
import { type Pass, source, type TrainingData } from "./data.ts";
import { type ClassifierModule, type Evaluation, evaluate, type Loss } from "./evaluate.ts";
import { Scores } from "./scores.ts";

export interface FitOptions extends BatchOptions {
  optimizer: Optimizer;
  loss?: Loss | undefined;
  epochs?: number;
  /** The factor of the learning rate at each step. */
  schedule?: Schedule | undefined;
  /** The largest norm of all gradients together. */
  clipGradNorm?: number | undefined;
  /** Evaluated after every epoch. */
  valid?: TrainingData | undefined;
  /**
   * Decides the order of the data and what dropout drops; two runs from the same parameters with the same seed give the same
   * bits.
   */
  seed?: number | undefined;
  /** Aborting it ends the training between two steps. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  onEpoch?: ((summary: EpochSummary) => void | Promise<void>) | undefined;
}

/** After a step. Loss and accuracy are those of the epoch so far. */
export interface Progress {
  /** From 1. */
  epoch: number;
  epochs: number;
  /** Over all epochs, from 1. */
  step: number;
  steps: number;
  loss: number;
  accuracy: number;
  /** The mean loss of this step's batch alone. */
  batchLoss: number;
  /** Real tokens, without padding. */
  tokensPerSecond: number;
  /** Until the last step, evaluations left out. */
  secondsLeft: number;
  lr: number;
  /** Before clipping; NaN without `clipGradNorm`. */
  gradNorm: number;
}

export interface EpochSummary {
  epoch: number;
  loss: number;
  accuracy: number;
  seconds: number;
  valid?: Evaluation;
}

export interface FitResult {
  epochs: EpochSummary[];
  steps: number;
}

/**
 * Trains `model` on `data`: each step is a scope with a forward pass, a backward pass, clipping and a step of the optimizer. The
 * event loop gets its turn between steps.
 *
 * Throws `DATA` for an empty data set, `STATE` if loss or gradients are no longer finite, before the step that would spoil the
 * parameters, and the signal's reason if it is aborted: the parameters are then those after the last whole step. In every case
 * the model is left in the mode it was in.
 */
export async function fit(model: ClassifierModule, data: TrainingData, options: FitOptions): Promise<FitResult> {
  const { epochs = 1, seed, onEpoch } = options;
  if (!Number.isInteger(epochs) || epochs < 0)
    throw new FoveaError("RANGE", `fit: epochs must be a whole number of at least 0, got ${epochs}`);
  if (seed !== undefined) manualSeed(seed);
  const training = source("fit", data, options);
  const run = new Run(model, { ...options, epochs });
  const summaries: EpochSummary[] = [];
  const { training: mode } = model;
  try {
    for (let epoch = 1; epoch <= epochs; epoch += 1) {
      const summary = await run.epoch(epoch, training.pass(nextKey()));
      summaries.push(summary);
      await onEpoch?.(summary);
    }
  } finally {
    model.train(mode);
  }
  return { epochs: summaries, steps: run.done };
}

/** A call of `fit`, from its first step to its last. */
class Run {
  /** Steps so far. */
  done = 0;
  readonly #model: ClassifierModule;
  readonly #parameters: readonly Tensor[];
  readonly #options: FitOptions & { epochs: number };
  readonly #breather: Breather;
  readonly #clock = new Clock();

  constructor(model: ClassifierModule, options: FitOptions & { epochs: number }) {
    this.#model = model;
    this.#parameters = model.parameters();
    this.#options = options;
    this.#breather = new Breather(options.signal);
  }

  async epoch(epoch: number, pass: Pass): Promise<EpochSummary> {
    const { epochs, valid, loss, batchSize, maxLen, paddingIdx, signal, onProgress } = this.#options;
    const scores = new Scores();
    const steps = pass.steps * epochs;
    this.#clock.start();
    for (let step = 0; step < pass.steps; step += 1) {
      await this.#breather.breathe();
      this.#model.train();
      const report = scope(() => this.#step(pass.batch(step), steps, scores));
      this.done += 1;
      const rates = this.#clock.rates(steps - this.done);
      onProgress?.({ epoch, epochs, step: this.done, steps, loss: scores.loss, accuracy: scores.accuracy, ...report, ...rates });
    }
    const summary: EpochSummary = { epoch, loss: scores.loss, accuracy: scores.accuracy, seconds: this.#clock.seconds };
    if (valid) summary.valid = await evaluate(this.#model, valid, { loss, batchSize, maxLen, paddingIdx, signal });
    return summary;
  }

  /** Throws before the parameters change. */
  #step({ ids, lengths, labels }: Batch, steps: number, scores: Scores): { batchLoss: number; lr: number; gradNorm: number } {
    const { optimizer, loss: lossOf = crossEntropy, schedule, clipGradNorm: maxNorm } = this.#options;
    const model = this.#model;
    if (schedule) scaleLearningRates(optimizer, schedule(this.done, steps));
    optimizer.zeroGrad();
    const logits = model.forward(ids, { lengths });
    const loss = lossOf(logits, labels);
    const batchLoss = this.#expectFinite("loss", loss.item());
    loss.backward();
    const gradNorm =
      maxNorm === undefined ? Number.NaN : this.#expectFinite("norm of the gradients", clipGradNorm(this.#parameters, maxNorm));
    optimizer.step();
    scores.add(logits, labels, batchLoss);
    this.#clock.count(lengths.reduce((sum, length) => sum + length, 0));
    return { batchLoss, lr: optimizer.groups[0]!.lr, gradNorm };
  }

  #expectFinite(what: string, value: number): number {
    if (Number.isFinite(value)) return value;
    throw new FoveaError(
      "STATE",
      `fit: the ${what} must be finite, got ${value} in step ${this.done + 1}; lower the learning rate, or clip the gradients`,
    );
  }
}

/** How fast the present epoch goes. */
class Clock {
  #started = 0;
  #tokens = 0;
  #steps = 0;

  start(): void {
    this.#started = performance.now();
    this.#tokens = 0;
    this.#steps = 0;
  }

  /** A step of so many tokens is done. */
  count(tokens: number): void {
    this.#tokens += tokens;
    this.#steps += 1;
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  rates(stepsLeft: number): { tokensPerSecond: number; secondsLeft: number } {
    const { seconds } = this;
    return { tokensPerSecond: this.#tokens / seconds, secondsLeft: (seconds / this.#steps) * stepsLeft };
  }
}

import type { Batch, BatchOptions } from "../data/batches.ts";
import type { Dataset } from "../data/dataLoader.ts";
import type { Module } from "../nn/module.ts";
import type { EMA } from "../optim/ema.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { ReduceLROnPlateau } from "../optim/reduceLROnPlateau.ts";
import type { Schedule } from "../optim/schedules.ts";
import { FoveaError } from "../runtime/errors.ts";
import { manualSeed } from "../tensor/rng.ts";
import type { Callback, EpochSummary, FitEvent, FitResult, Progress } from "./callback.ts";
import { batchSource, exampleSource, type TrainingData } from "./data.ts";
import type { Metrics } from "./evaluate.ts";
import { type ClassifierModule, classification, type Loss, type Objective } from "./objective.ts";
import { Run } from "./run.ts";

/** How any model is trained. */
export interface LoopOptions {
  optimizer: Optimizer;
  /** How often to go over the data. Default 1, or without limit if there are `steps`. */
  epochs?: number;
  /** The most steps of the optimizer in all. */
  steps?: number;
  /** The factor of the learning rate at each step; a plateau is told the validation's loss, or else the training's, after each epoch. */
  schedule?: Schedule | ReduceLROnPlateau | undefined;
  /** The largest norm of all gradients together. */
  clipGradNorm?: number | undefined;
  /** How many batches make one step: it is that of the big batch they would be together. Default 1. */
  accumulate?: number;
  /** Means of the weights, brought up to date after each step; the validation is of them. */
  ema?: EMA | undefined;
  /** Of the validation. */
  metrics?: Metrics | undefined;
  callbacks?: readonly Callback[];
  /**
   * Decides the order of the data and what dropout drops; two runs from the same parameters with the same seed give the same
   * bits.
   */
  seed?: number | undefined;
  /** A `snapshot` of an earlier run with the same options, to go on from: the bits are then those of a run that never stopped. */
  resume?: Uint8Array | null | undefined;
  /** Aborting it ends the training between two steps. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  onEpoch?: ((summary: EpochSummary) => void | Promise<void>) | undefined;
}

/** How a classifier of sequences is trained. */
export interface FitOptions extends LoopOptions, BatchOptions {
  loss?: Loss | undefined;
  /** Evaluated after every epoch. */
  valid?: TrainingData | undefined;
  seed?: number | undefined;
}

/** How any other model is. */
export interface FitObjectiveOptions<M, B> extends LoopOptions {
  objective: Objective<M, B>;
  valid?: Dataset<B> | undefined;
}

/**
 * Trains `model` on `data`: each step is a scope with a forward pass, a backward pass, clipping and a step of the optimizer. The
 * event loop gets its turn between steps.
 *
 *     const { epochs } = await fit(model, examples, { optimizer, epochs: 3, clipGradNorm: 1 });
 *     for await (const event of fit(model, loader, { optimizer, steps: 1000, objective })) …    // as it goes; `break` ends it
 *
 * Throws `DATA` for an empty data set, `STATE` if loss or gradients are no longer finite, before the step that would spoil the
 * parameters and naming where it began, and the signal's reason if it is aborted: the parameters are then those after the last whole step.
 * In every case the model is left in the mode it was in.
 */
export function fit(model: ClassifierModule, data: TrainingData, options: FitOptions): Fitting;
export function fit<M extends Module, B>(model: M, data: Dataset<B>, options: FitObjectiveOptions<M, B>): Fitting;
export function fit(model: ClassifierModule, data: TrainingData, options: AnyOptions): Fitting {
  return new Fitting(() => begin(model, data, options));
}

type Events = AsyncGenerator<FitEvent, FitResult, undefined>;

/** What both ways to call it come to: with an objective of the caller's, batches are whatever that takes. */
interface AnyOptions extends FitOptions {
  objective?: Objective<ClassifierModule, Batch>;
}

function begin(model: ClassifierModule, data: TrainingData, options: AnyOptions): Events {
  const { seed, objective, loss, valid, steps = Infinity, accumulate = 1, resume } = options;
  const { epochs = steps === Infinity ? 1 : Infinity } = options;
  if (!options.optimizer) throw new FoveaError("RANGE", "fit: optimizer must be given, got none");
  expectCount("epochs", epochs, 0);
  expectCount("steps", steps, 0);
  expectCount("accumulate", accumulate, 1);
  if (seed !== undefined) manualSeed(seed);
  const { batchSize, maxLen, paddingIdx } = options;
  const source = (given: TrainingData, how: BatchOptions) =>
    objective ? batchSource("fit", given as Dataset<Batch>) : exampleSource("fit", given, how);
  const run = new Run({
    ...{ model, epochs, steps, accumulate, optimizer: options.optimizer, schedule: options.schedule, signal: options.signal },
    ...{ clipGradNorm: options.clipGradNorm, ema: options.ema, metrics: options.metrics, callbacks: callbacksOf(options) },
    source: source(data, options),
    valid: valid && source(valid, { batchSize: batchSize ?? 64, maxLen, paddingIdx }),
    objective: objective ?? classification(loss),
  });
  if (resume) run.restore(resume);
  return run.events();
}

function callbacksOf({ callbacks = [], onProgress, onEpoch }: LoopOptions): readonly Callback[] {
  return [{ ...(onProgress && { onStep: onProgress }), ...(onEpoch && { onEpoch }) }, ...callbacks];
}

function expectCount(name: string, value: number, least: number): void {
  if (value === Infinity || (Number.isInteger(value) && value >= least)) return;
  throw new FoveaError("RANGE", `fit: ${name} must be a whole number of at least ${least}, got ${value}`);
}

/** A training that has begun: to be awaited, or looped over. */
export class Fitting implements PromiseLike<FitResult>, AsyncIterable<FitEvent> {
  readonly #begin: () => Events;
  #iterated = false;
  #result: Promise<FitResult> | null = null;

  /** Begins by itself once the present code is through, unless it is looped over by then. */
  constructor(begin: () => Events) {
    this.#begin = begin;
    queueMicrotask(() => {
      if (!this.#iterated) this.#run();
    });
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise of the result
  then<A = FitResult, R = never>(
    resolve?: ((result: FitResult) => A | PromiseLike<A>) | null,
    reject?: ((reason: unknown) => R | PromiseLike<R>) | null,
  ): Promise<A | R> {
    return this.#run().then(resolve, reject);
  }

  catch<R = never>(reject?: ((reason: unknown) => R | PromiseLike<R>) | null): Promise<FitResult | R> {
    return this.#run().catch(reject);
  }

  finally(settled?: (() => void) | null): Promise<FitResult> {
    return this.#run().finally(settled);
  }

  /** Throws `STATE` if it runs already. */
  [Symbol.asyncIterator](): Events {
    if (this.#iterated || this.#result)
      throw new FoveaError("STATE", "fit: a training can be looped over once, and from its beginning; call fit again");
    this.#iterated = true;
    return this.#begin();
  }

  #run(): Promise<FitResult> {
    if (this.#iterated) throw new FoveaError("STATE", "fit: a training that is looped over gives no result besides");
    this.#result ??= drain(this.#begin);
    return this.#result;
  }
}

async function drain(begin: () => Events): Promise<FitResult> {
  const events = begin();
  for (;;) {
    const { done, value } = await events.next();
    if (done) return value;
  }
}

import type { DataPosition } from "../data/dataLoader.ts";
import { saveSafetensors } from "../io/safetensors.ts";
import type { Module } from "../nn/module.ts";
import { scale } from "../ops/scale.ts";
import { clipGradNorm, nonFiniteGradient, scaleGradients } from "../optim/clipGradients.ts";
import type { EMA } from "../optim/ema.ts";
import { type Optimizer, scaleLearningRates } from "../optim/optimizer.ts";
import { ReduceLROnPlateau } from "../optim/reduceLROnPlateau.ts";
import { applySchedule, type Schedule } from "../optim/schedules.ts";
import { Breather } from "../runtime/breathe.ts";
import { FoveaError } from "../runtime/errors.ts";
import { nextKey, rngState, setRngState } from "../tensor/rng.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Callback, EpochSummary, FitEvent, FitResult, Progress, Training } from "./callback.ts";
import { Clock } from "./clock.ts";
import { noBatch, type Source } from "./data.ts";
import { type Evaluation, evaluateSource, type Metrics } from "./evaluate.ts";
import { findNonFinite, NonFinite } from "./nanWatch.ts";
import { type Objective, outcomeOf } from "./objective.ts";
import { Scores } from "./scores.ts";
import { type RunState, readSnapshot, writeSnapshot } from "./snapshot.ts";

/** A training, its options complete. */
export interface Plan<M extends Module, B> {
  readonly model: M;
  readonly source: Source<B>;
  readonly valid: Source<B> | undefined;
  readonly objective: Objective<M, B>;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule | ReduceLROnPlateau | undefined;
  readonly epochs: number;
  readonly steps: number;
  readonly accumulate: number;
  readonly clipGradNorm: number | undefined;
  readonly ema: EMA | undefined;
  readonly metrics: Metrics | undefined;
  readonly callbacks: readonly Callback[];
  readonly signal: AbortSignal | undefined;
}

/** A call of `fit`, from its first step to its last. */
export class Run<M extends Module, B> implements Training {
  readonly model: M;
  readonly optimizer: Optimizer;
  /** Epochs that are over, with what they came to. */
  readonly summaries: EpochSummary[] = [];
  step = 0;
  resumable = true;
  readonly #plan: Plan<M, B>;
  readonly #parameters: readonly Tensor[];
  readonly #breather: Breather;
  readonly #clock = new Clock();
  #scores = new Scores();
  /** The order of the present epoch, and how many of its batches are done. */
  #key: number | null = null;
  #batch = 0;
  /** In all, as far as is known. */
  #steps = Infinity;
  #stopped: string | undefined;
  /** Where the validation's loader was after the last whole validation: one that is broken off is done again from its beginning. */
  #validPosition: DataPosition | null = null;

  constructor(plan: Plan<M, B>) {
    this.#plan = plan;
    this.model = plan.model;
    this.optimizer = plan.optimizer;
    this.#parameters = plan.model.parameters();
    this.#breather = new Breather(plan.signal);
  }

  stop(reason: string): void {
    this.#stopped ??= reason;
  }

  async *events(): AsyncGenerator<FitEvent, FitResult, undefined> {
    const { training: mode } = this.model;
    let result: FitResult | null = null;
    try {
      await this.#tell((callback) => callback.onStart?.(this));
      while (!this.#over && this.summaries.length < this.#plan.epochs) yield* this.#epoch();
      result = { epochs: this.summaries, steps: this.step, ...(this.#stopped !== undefined && { stopped: this.#stopped }) };
    } finally {
      this.model.train(mode);
      await this.#tell((callback) => callback.onEnd?.(result, this));
    }
    return result;
  }

  snapshot(): Uint8Array {
    const { model, optimizer, ema, schedule, source, callbacks } = this.#plan;
    const states = namesOf(callbacks).flatMap(([name, callback]) => (callback.stateDict ? [[name, callback.stateDict()]] : []));
    const state: RunState = {
      step: this.step,
      key: this.#key,
      batch: this.#batch,
      summaries: this.summaries,
      scores: this.#scores.state,
      rng: rngState(),
      plateau: schedule instanceof ReduceLROnPlateau ? schedule.stateDict() : null,
      position: source.position?.() ?? null,
      validPosition: this.#validPosition,
      callbacks: Object.fromEntries(states),
    };
    return writeSnapshot({ model, optimizer, ema }, state);
  }

  modelFile(): Uint8Array {
    const { model, ema } = this.#plan;
    ema?.swap();
    try {
      return scope(() => saveSafetensors(model.stateDict()));
    } finally {
      ema?.swap();
    }
  }

  /** Goes on from where `snapshot` was taken. Throws `FoveaError` for bytes that are damaged or do not fit. */
  restore(bytes: Uint8Array): void {
    const { model, optimizer, ema, schedule, source, valid, callbacks } = this.#plan;
    const state = readSnapshot(bytes, { model, optimizer, ema });
    this.step = state.step;
    this.#key = state.key;
    this.#batch = state.batch;
    this.summaries.splice(0, Infinity, ...state.summaries);
    this.#scores.state = state.scores;
    if (schedule instanceof ReduceLROnPlateau && state.plateau) schedule.loadStateDict(state.plateau);
    if (state.validPosition) valid?.load?.(state.validPosition);
    if (state.position) source.load?.(state.position); // last: one loader may be both
    this.#validPosition = state.validPosition ?? null;
    for (const [name, callback] of namesOf(callbacks))
      if (Object.hasOwn(state.callbacks, name)) callback.loadStateDict?.(state.callbacks[name]);
    setRngState(state.rng);
  }

  get #over(): boolean {
    return this.#stopped !== undefined || this.step >= this.#plan.steps;
  }

  /** The rest of the present epoch. */
  async *#epoch(): AsyncGenerator<FitEvent, void, undefined> {
    const { source, accumulate, epochs, steps } = this.#plan;
    const epoch = this.summaries.length + 1;
    if (this.#key === null) {
      this.#key = nextKey();
      this.#scores = new Scores();
    }
    const { count, batches } = source.pass(this.#key, this.#batch);
    this.#steps = Math.min(steps, Math.ceil((count ?? Infinity) / accumulate) * epochs);
    const group = emptyGroup<B>();
    this.#clock.start();
    for await (const batch of batches) {
      if (group.size === 0) await this.#breather.breathe();
      this.model.train();
      this.#batch += 1;
      await this.#watched(group, () => this.#addBatch(batch, group));
      if (group.size < accumulate && this.#batch !== count) continue;
      yield await this.#watched(group, () => this.#finishStep(group, epoch));
      if (this.#over) break;
    }
    if (group.size > 0) yield await this.#watched(group, () => this.#finishStep(group, epoch)); // of data whose end was not known
    if (this.#batch === 0) throw noBatch("fit");
    yield await this.#finishEpoch(epoch);
  }

  /** Forward and backward: gradients add up over a group. Throws before the parameters change. */
  #addBatch(batch: B, group: Group<B>): void {
    const { objective, accumulate } = this.#plan;
    this.resumable = false;
    if (group.size === 0) this.#setRates(this.optimizer);
    group.last = { batch, before: rngState() };
    scope(() => {
      const { loss, weight = 1, logits, labels, tokens = 0 } = outcomeOf(objective, this.model, batch);
      const value = loss.item();
      if (!Number.isFinite(value)) throw new NonFinite("loss", value);
      // Weighed by its size, each batch of a group adds what it would add to the mean over all of them.
      (accumulate === 1 ? loss : scale(loss, weight)).backward();
      this.#scores.addLoss(value, weight);
      if (logits && labels) this.#scores.add(logits, labels);
      group.size += 1;
      group.weight += weight;
      group.loss += value * weight;
      group.tokens += tokens;
    });
    if (accumulate > 1) this.#expectFiniteGradients(); // while the batch that spoilt them is there to be looked into
  }

  #expectFiniteGradients(): void {
    const value = nonFiniteGradient(this.#parameters);
    if (value !== null) throw new NonFinite("gradients", value);
  }

  #setRates(optimizer: Optimizer): void {
    const { schedule } = this.#plan;
    optimizer.zeroGrad();
    if (schedule instanceof ReduceLROnPlateau) scaleLearningRates(optimizer, schedule.at(this.step, this.#steps));
    else if (schedule) applySchedule(optimizer, schedule, this.step, this.#steps);
  }

  /** Moves the parameters by the gradients of a group, and empties it. */
  async #finishStep(group: Group<B>, epoch: number): Promise<FitEvent> {
    const { accumulate, clipGradNorm: maxNorm, ema, epochs } = this.#plan;
    if (!(group.weight > 0))
      throw new FoveaError("RANGE", `fit: the weights of a step's batches must come to more than 0, got ${group.weight}`);
    if (accumulate > 1) scaleGradients(this.#parameters, 1 / group.weight);
    if (maxNorm === undefined) this.#expectFiniteGradients();
    const gradNorm = maxNorm === undefined ? Number.NaN : clipGradNorm(this.#parameters, maxNorm);
    if (maxNorm !== undefined && !Number.isFinite(gradNorm)) throw new NonFinite("norm of the gradients", gradNorm);
    this.optimizer.step();
    ema?.update();
    this.step += 1;
    this.resumable = true;
    this.#clock.count(group.tokens);
    const progress: Progress = {
      ...{ epoch, epochs, step: this.step, steps: this.#steps, loss: this.#scores.loss, accuracy: this.#scores.accuracy },
      ...{ batchLoss: group.loss / group.weight, lr: this.optimizer.groups[0]!.lr, gradNorm },
      ...this.#clock.rates(this.#steps - this.step),
    };
    Object.assign(group, emptyGroup());
    await this.#tell((callback) => callback.onStep?.(progress, this));
    return { type: "step", ...progress };
  }

  async #finishEpoch(epoch: number): Promise<FitEvent> {
    const { valid, schedule } = this.#plan;
    const { loss, accuracy } = this.#scores;
    const summary: EpochSummary = { epoch, loss, accuracy, seconds: this.#clock.seconds, step: this.step };
    if (valid) summary.valid = await this.#evaluate(valid);
    if (schedule instanceof ReduceLROnPlateau) schedule.step(summary.valid?.loss ?? loss);
    this.summaries.push(summary);
    this.#key = null;
    this.#batch = 0;
    await this.#tell((callback) => callback.onEpoch?.(summary, this));
    return { type: "epoch", ...summary };
  }

  /** With the means of the weights, if there are any. */
  async #evaluate(valid: Source<B>): Promise<Evaluation> {
    const { ema, objective, metrics, signal } = this.#plan;
    ema?.swap();
    this.#validPosition ??= valid.position?.() ?? null;
    try {
      const evaluation = await evaluateSource(this.model, valid, { objective, metrics, signal });
      this.#validPosition = valid.position?.() ?? null;
      return evaluation;
    } finally {
      ema?.swap();
    }
  }

  /** Runs part of a step. What is not finite is looked into while the batch is there. */
  async #watched<T>(group: Group<B>, part: () => T | Promise<T>): Promise<T> {
    try {
      return await part();
    } catch (error) {
      if (!(error instanceof NonFinite) || !group.last) throw error;
      const { batch, before } = group.last;
      const { objective } = this.#plan;
      const found = await findNonFinite(this.model, before, () => outcomeOf(objective, this.model, batch).loss.backward());
      const where = found === "" ? "" : `: ${found}`;
      throw new FoveaError(
        "STATE",
        `fit: the ${error.what} must be finite, got ${error.value} in step ${this.step + 1}${where}; lower the learning rate, or clip the gradients`,
      );
    }
  }

  async #tell(say: (callback: Callback) => void | Promise<void> | undefined): Promise<void> {
    for (const callback of this.#plan.callbacks) await say(callback);
  }
}

/** Those that have a name, each with one of its own: the second `earlyStopping` is `earlyStopping.2`. */
function namesOf(callbacks: readonly Callback[]): [name: string, callback: Callback][] {
  const seen = new Map<string, number>();
  return callbacks.flatMap((callback): [string, Callback][] => {
    const { name } = callback;
    if (name === undefined) return [];
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return [[count === 1 ? name : `${name}.${count}`, callback]];
  });
}

/** A batch, and the random numbers as they were before it: to run it again. */
interface Tried<B> {
  readonly batch: B;
  readonly before: ReturnType<typeof rngState>;
}

/** Batches whose gradients make one step. */
interface Group<B> {
  size: number;
  weight: number;
  loss: number;
  tokens: number;
  last: Tried<B> | null;
}

const emptyGroup = <B>(): Group<B> => ({ size: 0, weight: 0, loss: 0, tokens: 0, last: null });

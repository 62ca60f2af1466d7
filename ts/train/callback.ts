import type { Module } from "../nn/module.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { Evaluation } from "./evaluate.ts";

/** After a step. Loss and accuracy are those of the epoch so far. */
export interface Progress {
  /** From 1. */
  epoch: number;
  /** Infinity if only the steps are limited. */
  epochs: number;
  /** Over all epochs, from 1. */
  step: number;
  /** Infinity while unknown. */
  steps: number;
  loss: number;
  /** NaN where the objective gives no logits and labels. */
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
  /** Steps over all epochs so far. */
  step: number;
  valid?: Evaluation;
}

export interface FitResult {
  epochs: EpochSummary[];
  steps: number;
  /** Why it ended before the last step, if a callback said so. */
  stopped?: string;
}

export type FitEvent = ({ type: "step" } & Progress) | ({ type: "epoch" } & EpochSummary);

/** A training as its callbacks see it. */
export interface Training {
  readonly model: Module;
  readonly optimizer: Optimizer;
  /** Steps done. */
  readonly step: number;
  /** Epochs that are over. */
  readonly summaries: readonly EpochSummary[];
  /** Whether the last step is whole: not in the middle of one that failed. */
  readonly resumable: boolean;
  /** Ends it after this step or epoch. */
  stop(reason: string): void;
  /**
   * Everything it takes to go on as if it had never stopped, as the bytes of a safetensors file: parameters under `model.`, the
   * optimizer's state under `optimizer.`, means of weights under `ema.`; schedule, random numbers and place in the data in its metadata.
   */
  snapshot(): Uint8Array;
  /** The parameters alone, as the validation sees them: the means where there is an `ema`. A safetensors file. */
  modelFile(): Uint8Array;
}

/** Told of a training as it goes; each call is awaited. */
export interface Callback {
  onStart?(training: Training): void | Promise<void>;
  onStep?(progress: Progress, training: Training): void | Promise<void>;
  onEpoch?(summary: EpochSummary, training: Training): void | Promise<void>;
  /** Also where the training ends with an error or is aborted: without a result then. */
  onEnd?(result: FitResult | null, training: Training): void | Promise<void>;
  /** What it has to remember in a snapshot, as JSON, under its `name`. */
  readonly name?: string;
  stateDict?(): unknown;
  loadStateDict?(state: unknown): void;
}

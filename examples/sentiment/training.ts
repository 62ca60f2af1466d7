import {
  AdamW,
  crossEntropy,
  fit,
  loadSafetensors,
  manualSeed,
  type Progress,
  type Schedule,
  type SequenceClassifier,
  saveSafetensors,
  scope,
  warmupCosine,
} from "fovea";
import { type Checkpoint, restoreCheckpoint, takeCheckpoint } from "./checkpoint.ts";
import type { Dataset } from "./dataset.ts";
import { buildModel, type ModelSizes } from "./model.ts";
import { LABEL_SMOOTHING, MAX_GRAD_NORM, type Recipe, WARMUP_RATIO, WEIGHT_DECAY } from "./recipe.ts";

const SEEDS_APART = 1_000_000; // more epochs than a training has: no two trainings share an epoch's seed

/** A line of `metrics.jsonl`. */
export interface EpochMetrics {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly validLoss: number;
  readonly validAccuracy: number;
  readonly seconds: number;
}

/** What an earlier part of the same training has left. */
export interface Beginning {
  /** `resume.safetensors` */
  readonly checkpoint: Uint8Array;
  /** `model.safetensors` */
  readonly model: Uint8Array;
  readonly metrics: readonly EpochMetrics[];
}

/**
 * A training, epoch by epoch. Each epoch is seeded by its number, so that a training that goes on from a checkpoint gives the same bits
 * as one that never stopped.
 */
export class Training {
  readonly model: SequenceClassifier;
  readonly metrics: EpochMetrics[];
  /** Between the last two epochs. */
  checkpoint: Checkpoint;
  readonly #optimizer: AdamW;
  readonly #dataset: Dataset;
  readonly #recipe: Recipe;
  #best: Uint8Array | null;

  constructor(sizes: ModelSizes, dataset: Dataset, recipe: Recipe, beginning: Beginning | null = null) {
    manualSeed(recipe.seed);
    this.model = buildModel(sizes);
    this.#optimizer = new AdamW(this.model.parameters(), { lr: recipe.lr, weightDecay: WEIGHT_DECAY });
    this.#dataset = dataset;
    this.#recipe = recipe;
    this.checkpoint = beginning
      ? restoreCheckpoint(this.model, this.#optimizer, beginning.checkpoint)
      : takeCheckpoint(this.model, this.#optimizer, 0);
    this.metrics = beginning ? beginning.metrics.slice(0, this.checkpoint.epochsDone) : [];
    this.#best = this.checkpoint.epochsDone > 0 ? beginning!.model : null;
  }

  get finished(): boolean {
    return this.checkpoint.epochsDone === this.#recipe.epochs;
  }

  /** Of each epoch. */
  get steps(): number {
    return Math.ceil(this.#dataset.train.examples.length / this.#recipe.batchSize);
  }

  /** The model as it was after the epoch that validated best; before the first is done, as it is. A safetensors file. */
  get modelFile(): Uint8Array {
    return this.#best ?? saveSafetensors(this.model.stateDict());
  }

  /** The epoch that `modelFile` is from: the first of those that validated best. */
  get bestEpoch(): number {
    const best = Math.max(...this.metrics.map(({ validAccuracy }) => validAccuracy));
    return this.metrics.find(({ validAccuracy }) => validAccuracy === best)?.epoch ?? 0;
  }

  /** One epoch more. Throws the signal's reason if it is aborted, and `FoveaError` if the loss is no longer finite. */
  async epoch(signal: AbortSignal, onProgress: (progress: Progress) => void): Promise<EpochMetrics> {
    const { train, valid } = this.#dataset;
    const { seed, batchSize, maxLen, epochs } = this.#recipe;
    const { epochsDone } = this.checkpoint;
    const result = await fit(this.model, train.examples, {
      optimizer: this.#optimizer,
      schedule: afterSteps(epochsDone * this.steps, epochs * this.steps),
      loss: (logits, labels) => crossEntropy(logits, labels, { labelSmoothing: LABEL_SMOOTHING }),
      clipGradNorm: MAX_GRAD_NORM,
      valid: valid.examples,
      seed: seed * SEEDS_APART + epochsDone,
      batchSize,
      maxLen,
      signal,
      onProgress,
    });
    const { loss, accuracy, seconds, valid: validation } = result.epochs[0]!;
    const metrics: EpochMetrics = {
      epoch: epochsDone + 1,
      loss,
      accuracy,
      validLoss: validation!.loss,
      validAccuracy: validation!.accuracy,
      seconds,
    };
    this.metrics.push(metrics);
    if (this.bestEpoch === metrics.epoch) this.#best = saveSafetensors(this.model.stateDict());
    this.checkpoint = takeCheckpoint(this.model, this.#optimizer, metrics.epoch);
    return metrics;
  }

  /** Puts the model back to its best epoch. */
  useBest(): void {
    const { modelFile } = this;
    scope(() => {
      this.model.loadStateDict(loadSafetensors(modelFile));
    });
  }
}

/** Warm-up and cosine over the whole training, for a call of `fit` that begins after `done` steps. */
function afterSteps(done: number, total: number): Schedule {
  const whole = warmupCosine({ warmupRatio: WARMUP_RATIO });
  return (step) => whole(done + step, total);
}

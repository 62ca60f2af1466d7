import type { SequenceClassifierOptions } from "fovea";

type Option<Name extends keyof SequenceClassifierOptions> = NonNullable<SequenceClassifierOptions[Name]>;

/** What decides a training, beside its data. */
export interface Recipe {
  readonly epochs: number;
  readonly batchSize: number;
  /** The highest learning rate. */
  readonly lr: number;
  readonly dModel: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly pooling: Option<"pooling">;
  readonly head: Option<"head">;
  /** Words of a review that are read. */
  readonly maxLen: number;
  readonly seed: number;
}

/** The defaults, one recipe for any data. README.md says how they were found. */
export const recipe: Recipe = {
  epochs: 16,
  batchSize: 32,
  lr: 2e-3,
  dModel: 64,
  numLayers: 2,
  numHeads: 4,
  pooling: "mean",
  head: "linear",
  maxLen: 128,
  seed: 1,
};

export const POOLINGS = ["mean", "cls", "max", "attention"] as const satisfies readonly Recipe["pooling"][];
export const HEADS = ["linear", "tanh", "lstm"] as const satisfies readonly Recipe["head"][];

/** What a step does not see of each embedding: with few texts, this keeps single words from deciding alone. */
export const EMBEDDING_DROPOUT = 0.5;
/** Dropout everywhere else. */
export const DROPOUT = 0;
/** Initial embeddings are so many times PyTorch's: small beside the positions, so that a word counts once it has learned to. */
export const EMBEDDING_SCALE = 0.1;
export const LABEL_SMOOTHING = 0.1;
export const WEIGHT_DECAY = 0.01;
/** The share of all steps over which the rate rises. */
export const WARMUP_RATIO = 0.1;
export const MAX_GRAD_NORM = 1;

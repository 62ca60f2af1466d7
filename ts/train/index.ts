export type { Callback, EpochSummary, FitEvent, FitResult, Progress, Training } from "./callback.ts";
export { Checkpoints, type CheckpointsOptions, lastCheckpoint } from "./checkpoints.ts";
export type { TrainingData } from "./data.ts";
export { EarlyStopping, type EarlyStoppingOptions, type MonitorOptions } from "./earlyStopping.ts";
export { type EvaluateOptions, type Evaluation, evaluate, type Metrics, type ObjectiveOptions } from "./evaluate.ts";
export { type FitObjectiveOptions, type FitOptions, type Fitting, fit, type LoopOptions } from "./fit.ts";
export type { Metric } from "./metrics/metric.ts";
export { type MixupOptions, mixup } from "./mixup.ts";
export { type ClassifierModule, classification, type Loss, type Objective, type Outcome } from "./objective.ts";

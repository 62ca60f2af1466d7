export type { TrainingData } from "./data.ts";
export { type ClassifierModule, type EvaluateOptions, type Evaluation, evaluate, type Loss } from "./evaluate.ts";
export { type EpochSummary, type FitOptions, type FitResult, fit, type Progress } from "./fit.ts";

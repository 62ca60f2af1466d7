export { type AdversarialOptions, type AttackOptions, adversarial, underAttack } from "./adversarial.ts";
export { type Attack, type FgmOptions, fgm, type PgdOptions, pgd } from "./attack.ts";
export type { Callback, EpochSummary, FitEvent, FitResult, Progress, Training } from "./callback.ts";
export { Checkpoints, type CheckpointsOptions, lastCheckpoint } from "./checkpoints.ts";
export type { TrainingData } from "./data.ts";
export { EarlyStopping, type EarlyStoppingOptions, type MonitorOptions } from "./earlyStopping.ts";
export { type EvaluateOptions, type Evaluation, evaluate, type Metrics, type ObjectiveOptions } from "./evaluate.ts";
export { type FitObjectiveOptions, type FitOptions, type Fitting, fit, type LoopOptions } from "./fit.ts";
export { type HtmlReportOptions, htmlReport } from "./htmlReport.ts";
export { type JsonLinesOptions, jsonLines } from "./jsonLines.ts";
export { type BleuOptions, type BleuScore, bleu, sentenceBleu } from "./metrics/bleu.ts";
export type { BleuTokenize } from "./metrics/bleuTokenize.ts";
export { type ChrfOptions, chrf } from "./metrics/chrf.ts";
export {
  type ClassificationScores,
  classificationScores,
  confusionMatrix,
  type PrecisionRecall,
} from "./metrics/classification.ts";
export { cer, type ErrorRate, wer } from "./metrics/errorRate.ts";
export { type BatchLoss, type Metric, ofConfusion, perplexity, rocAucMetric } from "./metrics/metric.ts";
export { averagePrecision, logLoss, type RocCurve, rocAuc, rocCurve, topKAccuracy } from "./metrics/ranking.ts";
export { type MixupOptions, mixup } from "./mixup.ts";
export { type ClassifierModule, classification, type Loss, type Objective, type Outcome } from "./objective.ts";
export { type ProgressBarOptions, progressBar, type TextOutput } from "./progressBar.ts";
export { type PseudoLabelled, type PseudoLabelsOptions, pseudoLabels } from "./pseudoLabels.ts";
export { type TensorBoardCallbackOptions, tensorBoard } from "./tensorBoard.ts";
export { type WeightsAndBiasesOptions, type WeightsAndBiasesRun, weightsAndBiases } from "./weightsAndBiases.ts";

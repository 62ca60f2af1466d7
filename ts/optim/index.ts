export { Adafactor, type AdafactorOptions } from "./adafactor.ts";
export { Adagrad, type AdagradOptions } from "./adagrad.ts";
export { Adam, type AdamOptions, AdamW, type AdamWOptions } from "./adam.ts";
export { type ClipGradNormOptions, clipGradNorm, clipGradValue, scaleGradients } from "./clipGradients.ts";
export { EMA, type EMAOptions, type EMAState } from "./ema.ts";
export { Lion, type LionOptions } from "./lion.ts";
export { Muon, type MuonOptions } from "./muon.ts";
export { NAdam, type NAdamOptions } from "./nadam.ts";
export { type OneCycleOptions, oneCycleLR } from "./oneCycle.ts";
export type { Optimizer, OptimizerState, ParameterGroup } from "./optimizer.ts";
export { RAdam, type RAdamOptions } from "./radam.ts";
export { type PlateauState, ReduceLROnPlateau, type ReduceLROnPlateauOptions } from "./reduceLROnPlateau.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export {
  applySchedule,
  type CosineAnnealingOptions,
  chainedLR,
  constantLR,
  cosineAnnealingLR,
  cosineAnnealingWarmRestarts,
  exponentialLR,
  type LinearLROptions,
  linearLR,
  multiStepLR,
  type NoamOptions,
  noam,
  polynomialLR,
  type Schedule,
  sequentialLR,
  stepLR,
  type WarmRestartsOptions,
} from "./schedules.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
export {
  type WarmupOptions,
  type WarmupPolynomialOptions,
  type WithWarmupOptions,
  warmupConstant,
  warmupCosine,
  warmupInverseSqrt,
  warmupLinear,
  warmupPolynomial,
  withWarmup,
} from "./warmup.ts";

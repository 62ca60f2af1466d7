import { FoveaError } from "../runtime/errors.ts";
import { expectOption, expectTotalSteps, type Optimizer, scaleLearningRates } from "./optimizer.ts";

/** The factor of the learning rate at `step`, counted from 0, of `totalSteps`. */
export interface Schedule {
  (step: number, totalSteps: number): number;
  /** The momentum at a step, or Adam's first beta, where the schedule changes that too. */
  momentum?(step: number, totalSteps: number): number;
}

/** Sets every group's rate, and its momentum if the schedule has one, for `step`. */
export function applySchedule(optimizer: Optimizer, schedule: Schedule, step: number, totalSteps: number): void {
  scaleLearningRates(optimizer, schedule(step, totalSteps));
  const momentum = schedule.momentum?.(step, totalSteps);
  if (momentum === undefined) return;
  for (const group of optimizer.groups) {
    if (group.betas) group.betas = [momentum, group.betas[1]];
    else if (group.momentum !== undefined) group.momentum = momentum;
  }
}

// PyTorch's schedulers, each as a function of the step: what it makes of the optimizer's own rate.

/** Times `gamma` every `stepSize` steps. Throws `RANGE`. */
export function stepLR({ stepSize, gamma = 0.1 }: { stepSize: number; gamma?: number }): Schedule {
  expectOption("stepLR", "stepSize", stepSize, stepSize > 0, "above 0");
  return (step) => gamma ** Math.floor(step / stepSize);
}

/** Times `gamma` at each of the `milestones`. */
export function multiStepLR({ milestones, gamma = 0.1 }: { milestones: readonly number[]; gamma?: number }): Schedule {
  return (step) => gamma ** milestones.filter((milestone) => milestone <= step).length;
}

/** Times `gamma` at every step. */
export function exponentialLR({ gamma }: { gamma: number }): Schedule {
  return (step) => gamma ** step;
}

/** `factor` for `totalIters` steps, then 1. */
export function constantLR({ factor = 1 / 3, totalIters = 5 }: { factor?: number; totalIters?: number } = {}): Schedule {
  return (step) => (step < totalIters ? factor : 1);
}

export interface LinearLROptions {
  startFactor?: number;
  endFactor?: number;
  /** How long it takes. */
  totalIters?: number;
}

/** From `startFactor` to `endFactor` in a straight line, where it stays. */
export function linearLR({ startFactor = 1 / 3, endFactor = 1, totalIters = 5 }: LinearLROptions = {}): Schedule {
  return (step) => startFactor + ((endFactor - startFactor) * Math.min(step, totalIters)) / totalIters;
}

/** From 1 to 0 as `(1 − step / totalIters)` to the power `power`. */
export function polynomialLR({ totalIters = 5, power = 1 }: { totalIters?: number; power?: number } = {}): Schedule {
  return (step) => (1 - Math.min(step, totalIters) / totalIters) ** power;
}

export interface CosineAnnealingOptions {
  /** Steps from 1 down to `minFactor`; all of them if left out. */
  tMax?: number;
  minFactor?: number;
}

/** Down half a cosine (Loshchilov and Hutter 2017); past `tMax` it rises again. Without `tMax`, throws `RANGE` where the steps are not counted. */
export function cosineAnnealingLR({ tMax, minFactor = 0 }: CosineAnnealingOptions = {}): Schedule {
  return (step, totalSteps) => {
    if (tMax === undefined) expectTotalSteps("cosineAnnealingLR", totalSteps);
    return minFactor + (1 - minFactor) * halfCosine(step / (tMax ?? Math.max(1, totalSteps)));
  };
}

export interface WarmRestartsOptions {
  /** Steps until the first restart. */
  t0: number;
  /** How much longer each cycle is than the one before. */
  tMult?: number;
  minFactor?: number;
}

/** Down half a cosine, again and again (SGDR: Loshchilov and Hutter 2017). Throws `RANGE`. */
export function cosineAnnealingWarmRestarts({ t0, tMult = 1, minFactor = 0 }: WarmRestartsOptions): Schedule {
  expectOption("cosineAnnealingWarmRestarts", "t0", t0, t0 >= 1, "at least 1");
  expectOption("cosineAnnealingWarmRestarts", "tMult", tMult, tMult >= 1, "at least 1");
  return (step) => {
    let [since, cycle] = [step, t0];
    for (; since >= cycle; cycle *= tMult) since -= cycle;
    return minFactor + (1 - minFactor) * halfCosine(since / cycle);
  };
}

export interface NoamOptions {
  dModel: number;
  warmupSteps: number;
  factor?: number;
}

/**
 * "Attention is all you need" (Vaswani et al. 2017): up in a straight line, then down with the root of the step. It is the rate itself: give
 * the optimizer `lr: 1`. Throws `RANGE`.
 */
export function noam({ dModel, warmupSteps, factor = 1 }: NoamOptions): Schedule {
  expectOption("noam", "dModel", dModel, dModel > 0, "above 0");
  expectOption("noam", "warmupSteps", warmupSteps, warmupSteps > 0, "above 0");
  return (step) => factor * dModel ** -0.5 * Math.min((step + 1) ** -0.5, (step + 1) * warmupSteps ** -1.5);
}

/** One schedule after the other, each counting from its own beginning: `milestones` are where the next begins. Throws `RANGE`. */
export function sequentialLR(schedules: readonly Schedule[], { milestones }: { milestones: readonly number[] }): Schedule {
  if (schedules.length === 0 || milestones.length !== schedules.length - 1)
    throw new FoveaError(
      "RANGE",
      `sequentialLR: needs a milestone between each two schedules, got ${milestones.length} for ${schedules.length}`,
    );
  return (step, totalSteps) => {
    const at = milestones.filter((milestone) => milestone <= step).length;
    const start = milestones[at - 1] ?? 0;
    return schedules[at]!(step - start, (milestones[at] ?? totalSteps) - start);
  };
}

/** The product of several schedules. */
export function chainedLR(...schedules: readonly Schedule[]): Schedule {
  return (step, totalSteps) => schedules.reduce((factor, schedule) => factor * schedule(step, totalSteps), 1);
}

/** 1 at 0, 0 at 1. */
export const halfCosine = (share: number): number => (1 + Math.cos(Math.PI * share)) / 2;

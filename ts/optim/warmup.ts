import { FoveaError } from "../runtime/errors.ts";
import { expectTotalSteps } from "./optimizer.ts";
import { halfCosine, type Schedule } from "./schedules.ts";

export interface WarmupOptions {
  /** Over how many steps the factor rises. */
  warmupSteps?: number;
  /** The same as a share of all steps, rounded up. */
  warmupRatio?: number;
}

export interface WithWarmupOptions extends WarmupOptions {
  /** Where it rises from. */
  startFactor?: number;
}

/** Rises in a straight line to where `schedule` begins, and then is that, which counts from there. Throws `RANGE`. */
export function withWarmup(schedule: Schedule, { startFactor = 0, ...options }: WithWarmupOptions = {}): Schedule {
  const riseOf = rise("withWarmup", options);
  const warmed: Schedule = (step, totalSteps) => {
    const rise = riseOf(totalSteps);
    if (step >= rise) return schedule(step - rise, totalSteps - rise);
    return schedule(0, totalSteps - rise) * (startFactor + ((1 - startFactor) * step) / rise);
  };
  if (!schedule.momentum) return warmed;
  return Object.assign(warmed, {
    momentum: (step: number, totalSteps: number) => {
      const rise = riseOf(totalSteps);
      return schedule.momentum!(Math.max(0, step - rise), totalSteps - rise);
    },
  });
}

/** The rate rises, then stays. */
export function warmupConstant(options: WarmupOptions = {}): Schedule {
  const riseOf = rise("warmupConstant", options);
  return (step, totalSteps) => {
    const rise = riseOf(totalSteps);
    return step < rise ? step / rise : 1;
  };
}

/** The rate rises, then falls in a straight line to 0. */
export function warmupLinear(options: WarmupOptions = {}): Schedule {
  return warmup("warmupLinear", options, (progress) => Math.max(0, 1 - progress));
}

/** The rate rises, then falls along half a cosine to 0 (Loshchilov and Hutter 2017). */
export function warmupCosine(options: WarmupOptions = {}): Schedule {
  return warmup("warmupCosine", options, (progress) => halfCosine(Math.min(1, progress)));
}

export interface WarmupPolynomialOptions extends WarmupOptions {
  power?: number;
  endFactor?: number;
}

/** The rate rises, then falls to `endFactor` as what is left of the steps to the power `power`. */
export function warmupPolynomial({ power = 1, endFactor = 0, ...options }: WarmupPolynomialOptions = {}): Schedule {
  return warmup("warmupPolynomial", options, (progress) => endFactor + (1 - endFactor) * (1 - Math.min(1, progress)) ** power);
}

/** The rate rises, then falls with the root of the step, whatever their number: half of it after three more warm-ups. Throws `RANGE`. */
export function warmupInverseSqrt({
  warmupSteps,
  timescale = warmupSteps || 10_000,
}: {
  warmupSteps: number;
  timescale?: number;
}): Schedule {
  const riseOf = rise("warmupInverseSqrt", { warmupSteps });
  return (step, totalSteps) => {
    const rise = riseOf(totalSteps);
    return step < rise ? step / rise : Math.sqrt(timescale / (step - rise + timescale));
  };
}

/** `after` is told which share of the steps after the warm-up is done. */
function warmup(name: string, options: WarmupOptions, after: (progress: number) => number): Schedule {
  const riseOf = rise(name, options);
  return (step, totalSteps) => {
    expectTotalSteps(name, totalSteps);
    const rise = riseOf(totalSteps);
    if (step < rise) return step / rise;
    return after((step - rise) / Math.max(1, totalSteps - rise));
  };
}

/** How many steps it takes, of how many there are. */
function rise(name: string, { warmupSteps, warmupRatio = 0 }: WarmupOptions): (totalSteps: number) => number {
  if (!(warmupRatio >= 0 && warmupRatio <= 1))
    throw new FoveaError("RANGE", `${name}: warmupRatio must be from 0 to 1, got ${warmupRatio}`);
  if (warmupSteps !== undefined && !(warmupSteps >= 0))
    throw new FoveaError("RANGE", `${name}: warmupSteps must be at least 0, got ${warmupSteps}`);
  return (totalSteps) => {
    if (warmupSteps !== undefined || warmupRatio === 0) return warmupSteps ?? 0;
    expectTotalSteps(name, totalSteps);
    return Math.ceil(warmupRatio * totalSteps);
  };
}

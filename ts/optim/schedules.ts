import { FoveaError } from "../runtime/errors.ts";

/** The factor of the learning rate at `step`, counted from 0, of `totalSteps`. */
export type Schedule = (step: number, totalSteps: number) => number;

export interface WarmupOptions {
  /** Over how many steps the factor rises from 0 to 1. */
  warmupSteps?: number;
  /** The same as a share of all steps, rounded up. */
  warmupRatio?: number;
}

/** The rate rises, then stays. */
export function warmupConstant(options: WarmupOptions = {}): Schedule {
  return warmup("warmupConstant", options, () => 1);
}

/** The rate rises, then falls in a straight line to 0. */
export function warmupLinear(options: WarmupOptions = {}): Schedule {
  return warmup("warmupLinear", options, (progress) => Math.max(0, 1 - progress));
}

/** The rate rises, then falls along half a cosine to 0 (Loshchilov and Hutter 2017). */
export function warmupCosine(options: WarmupOptions = {}): Schedule {
  return warmup("warmupCosine", options, (progress) => (1 + Math.cos(Math.PI * Math.min(1, progress))) / 2);
}

/** `after` is told which share of the steps after the warm-up is done. */
function warmup(name: string, { warmupSteps, warmupRatio = 0 }: WarmupOptions, after: (progress: number) => number): Schedule {
  if (!(warmupRatio >= 0 && warmupRatio <= 1))
    throw new FoveaError("RANGE", `${name}: warmupRatio must be from 0 to 1, got ${warmupRatio}`);
  if (warmupSteps !== undefined && !(warmupSteps >= 0))
    throw new FoveaError("RANGE", `${name}: warmupSteps must be at least 0, got ${warmupSteps}`);
  return (step, totalSteps) => {
    const rise = warmupSteps ?? Math.ceil(warmupRatio * totalSteps);
    if (step < rise) return step / rise;
    return after((step - rise) / Math.max(1, totalSteps - rise));
  };
}

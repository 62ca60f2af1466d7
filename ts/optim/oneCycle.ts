import { expectOption, expectTotalSteps } from "./optimizer.ts";
import { halfCosine, type Schedule } from "./schedules.ts";

export interface OneCycleOptions {
  /** Default: as many as there are. */
  totalSteps?: number;
  /** The share of the steps over which the rate rises. */
  pctStart?: number;
  annealStrategy?: "cos" | "linear";
  /** Whether the momentum, or Adam's first beta, falls while the rate rises, and rises while it falls. */
  cycleMomentum?: boolean;
  baseMomentum?: number;
  maxMomentum?: number;
  /** The rate begins at the optimizer's divided by this. */
  divFactor?: number;
  /** And ends at that divided by this. */
  finalDivFactor?: number;
  /** As long down to where it began as up, and then on to the end. */
  threePhase?: boolean;
}

interface Phase {
  /** Its last step. */
  end: number;
  rate: readonly [from: number, to: number];
  momentum: readonly [from: number, to: number];
}

/** One rise and one fall (Smith and Topin 2018); the optimizer's own rate is the highest. PyTorch's defaults. Throws `RANGE`. */
export function oneCycleLR(options: OneCycleOptions = {}): Schedule {
  const { totalSteps, pctStart = 0.3, annealStrategy = "cos", cycleMomentum = true } = options;
  expectOption("oneCycleLR", "pctStart", pctStart, pctStart >= 0 && pctStart <= 1, "from 0 to 1");
  const anneal = annealStrategy === "cos" ? (share: number) => 1 - halfCosine(share) : (share: number) => share;
  const at = (what: "rate" | "momentum") => (step: number, total: number) => {
    if (totalSteps === undefined) expectTotalSteps("oneCycleLR", total);
    const phases = phasesOf(totalSteps ?? total, pctStart, options);
    const found = phases.findIndex(({ end }) => step <= end);
    const i = found < 0 ? phases.length - 1 : found;
    const start = phases[i - 1]?.end ?? 0;
    const [from, to] = phases[i]![what];
    const share = Math.min(1, (step - start) / (phases[i]!.end - start));
    return from + (to - from) * anneal(share);
  };
  return Object.assign(at("rate"), cycleMomentum ? { momentum: at("momentum") } : {});
}

function phasesOf(totalSteps: number, pctStart: number, options: OneCycleOptions): Phase[] {
  const { baseMomentum = 0.85, maxMomentum = 0.95, divFactor = 25, finalDivFactor = 1e4, threePhase = false } = options;
  const initial = 1 / divFactor;
  const final = initial / finalDivFactor;
  const rise = pctStart * totalSteps - 1;
  const last = totalSteps - 1;
  const up: Phase = { end: rise, rate: [initial, 1], momentum: [maxMomentum, baseMomentum] };
  if (!threePhase) return [up, { end: last, rate: [1, final], momentum: [baseMomentum, maxMomentum] }];
  return [
    up,
    { end: 2 * pctStart * totalSteps - 2, rate: [1, initial], momentum: [baseMomentum, maxMomentum] },
    { end: last, rate: [initial, final], momentum: [maxMomentum, maxMomentum] },
  ];
}

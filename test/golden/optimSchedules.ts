import { expect } from "vitest";
import {
  chainedLR,
  cosineAnnealingLR,
  cosineAnnealingWarmRestarts,
  exponentialLR,
  linearLR,
  multiStepLR,
  noam,
  oneCycleLR,
  ReduceLROnPlateau,
  type Schedule,
  sequentialLR,
  stepLR,
  warmupCosine,
  warmupInverseSqrt,
  warmupLinear,
  warmupPolynomial,
} from "../../ts/optim/index.ts";
import { camelCase } from "./modules.ts";

/** A scheduler as PyTorch or Hugging Face make it. */
interface Spec {
  scheduler: string;
  options?: Record<string, unknown>;
  schedulers?: Spec[];
}

export interface ScheduleCase extends Spec {
  /** The rate used by each step. */
  lr: number[];
  /** The optimizer's own rate; none where the schedule is the rate itself. */
  baseLr?: number;
  momentum?: number[];
  /** What a plateau is told after each step. */
  metrics?: number[];
}

/** A schedule of ours with the same rates, the optimizer's own being `baseLr`. */
type Make = (options: Options, baseLr: number, inner: Schedule[]) => { schedule: Schedule; totalSteps?: number; lr?: number };

/** Whatever the case says, in our spelling: what is wrong in it fails the comparison. */
// biome-ignore lint/suspicious/noExplicitAny: the options of seventeen functions
type Options = any;

const schedulers: Record<string, Make> = {
  StepLR: (options) => ({ schedule: stepLR(options) }),
  MultiStepLR: (options) => ({ schedule: multiStepLR(options) }),
  ExponentialLR: (options) => ({ schedule: exponentialLR(options) }),
  CosineAnnealingLR: ({ TMax: tMax, etaMin = 0 }, lr) => ({ schedule: cosineAnnealingLR({ tMax, minFactor: etaMin / lr }) }),
  CosineAnnealingWarmRestarts: ({ T0: t0, TMult: tMult, etaMin }, lr) => ({
    schedule: cosineAnnealingWarmRestarts({ t0, tMult, minFactor: etaMin / lr }),
  }),
  OneCycleLR: ({ maxLr: lr, totalSteps, ...options }) => ({ schedule: oneCycleLR(options), totalSteps, lr }),
  LinearLR: (options) => ({ schedule: linearLR(options) }),
  SequentialLR: (options, _, inner) => ({ schedule: sequentialLR(inner, options) }),
  ChainedScheduler: (_, __, inner) => ({ schedule: chainedLR(...inner) }),
  Noam: ({ dModel, warmup: warmupSteps, factor }) => ({ schedule: noam({ dModel, warmupSteps, factor }) }),
  get_linear_schedule_with_warmup: ({ numWarmupSteps: warmupSteps, numTrainingSteps: totalSteps }) => ({
    ...{ schedule: warmupLinear({ warmupSteps }), totalSteps },
  }),
  get_cosine_schedule_with_warmup: ({ numWarmupSteps: warmupSteps, numTrainingSteps: totalSteps }) => ({
    ...{ schedule: warmupCosine({ warmupSteps }), totalSteps },
  }),
  get_inverse_sqrt_schedule: ({ numWarmupSteps: warmupSteps }) => ({ schedule: warmupInverseSqrt({ warmupSteps }) }),
  get_polynomial_decay_schedule_with_warmup: (
    { numWarmupSteps: warmupSteps, numTrainingSteps: totalSteps, lrEnd, power },
    lr,
  ) => ({
    ...{ schedule: warmupPolynomial({ warmupSteps, power, endFactor: lrEnd / lr }), totalSteps },
  }),
};

/** A cosine of Hugging Face's rises again after the last step, and ours stays at 0: compared up to the last. */
export function expectSchedule(each: ScheduleCase): void {
  if (each.scheduler === "ReduceLROnPlateau") {
    expectPlateau(each);
    return;
  }
  const { schedule, totalSteps = each.lr.length, lr = each.baseLr ?? 1 } = make(each, each.baseLr ?? 1);
  const rises = each.scheduler === "get_cosine_schedule_with_warmup";
  each.lr.slice(0, rises ? totalSteps + 1 : undefined).forEach((expected, step) => {
    expectRate(schedule(step, totalSteps) * lr, expected, step);
    if (each.momentum)
      expect(schedule.momentum!(step, totalSteps), `momentum of step ${step}`).toBeCloseTo(each.momentum[step]!, 12);
  });
}

function make({ scheduler, options = {}, schedulers: inner = [] }: Spec, lr: number): ReturnType<Make> {
  const maker = schedulers[scheduler];
  if (!maker) expect.fail(`${scheduler} is not in the table`);
  return maker(
    camelCase(options),
    lr,
    inner.map((each) => make(each, lr).schedule),
  );
}

function expectPlateau({ options, lr, baseLr, metrics }: ScheduleCase): void {
  const { minLr = 0, ...rest }: Options = camelCase(options!);
  const plateau = new ReduceLROnPlateau({ ...rest, minFactor: minLr / baseLr! });
  lr.forEach((expected, step) => {
    expectRate(plateau.at(step, lr.length) * baseLr!, expected, step);
    plateau.step(metrics![step]!);
  });
}

/** Within 1e-12 of itself: float64 on both sides. */
const expectRate = (rate: number, expected: number, step: number): void =>
  expect(Math.abs(rate - expected), `step ${step}: ${rate} for ${expected}`).toBeLessThanOrEqual(1e-12 * expected + 1e-18);

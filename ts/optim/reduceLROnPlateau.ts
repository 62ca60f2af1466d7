import { FoveaError } from "../runtime/errors.ts";
import { expectChoice, expectNotNegative, expectOption } from "./optimizer.ts";
import type { Schedule } from "./schedules.ts";

export interface ReduceLROnPlateauOptions {
  /** Whether less is better, or more. */
  mode?: "min" | "max";
  /** What the rate is multiplied by. */
  factor?: number;
  /** How many times in a row the metric may fail to improve. */
  patience?: number;
  /** By how much it must. */
  threshold?: number;
  /** Whether that is a share of the best so far. */
  thresholdMode?: "rel" | "abs";
  /** How many times to look away after a reduction. */
  cooldown?: number;
  /** The least factor of the rate at the start. */
  minFactor?: number;
  /** The rate as it would be without a plateau: a warm-up, say. */
  schedule?: Schedule;
}

export interface PlateauState {
  factor: number;
  /** Null before the first metric. */
  best: number | null;
  bad: number;
  cooldown: number;
}

const NAME = "ReduceLROnPlateau";

/** Multiplies the rate by `factor` when a metric has stopped improving. PyTorch's defaults. */
export class ReduceLROnPlateau {
  readonly #options: Required<Omit<ReduceLROnPlateauOptions, "schedule">>;
  readonly #schedule: Schedule;
  #state: PlateauState = { factor: 1, best: null, bad: 0, cooldown: 0 };

  /** Throws `RANGE`. */
  constructor(options: ReduceLROnPlateauOptions = {}) {
    const { mode = "min", factor = 0.1, patience = 10, threshold = 1e-4, schedule = () => 1 } = options;
    const { thresholdMode = "rel", cooldown = 0, minFactor = 0 } = options;
    expectOption(NAME, "factor", factor, factor > 0 && factor < 1, "between 0 and 1");
    expectNotNegative(NAME, { patience, threshold, cooldown, minFactor }, "patience", "threshold", "cooldown", "minFactor");
    expectChoice(NAME, "mode", mode, ["min", "max"]);
    expectChoice(NAME, "thresholdMode", thresholdMode, ["rel", "abs"]);
    this.#options = { mode, factor, patience, threshold, thresholdMode, cooldown, minFactor };
    this.#schedule = schedule;
  }

  /** The factor of the learning rate at `step` of `totalSteps`, as `Schedule` has it. */
  at(step: number, totalSteps: number): number {
    return this.#schedule(step, totalSteps) * this.#state.factor;
  }

  /** To be told the metric, after each epoch or evaluation. */
  step(metric: number): void {
    const { factor, patience, cooldown, minFactor } = this.#options;
    const state = this.#state;
    if (this.#improves(metric)) {
      state.best = metric;
      state.bad = 0;
    } else state.bad += 1;
    if (state.cooldown > 0) {
      state.cooldown -= 1;
      state.bad = 0;
    }
    if (state.bad <= patience) return;
    state.factor = Math.max(minFactor, state.factor * factor);
    state.cooldown = cooldown;
    state.bad = 0;
  }

  stateDict(): PlateauState {
    return { ...this.#state };
  }

  /** Throws `STATE`, and changes nothing then. */
  loadStateDict(state: PlateauState): void {
    const { factor, best, bad, cooldown } = state;
    if (![factor, best ?? 0, bad, cooldown].every(Number.isFinite))
      throw new FoveaError("STATE", `ReduceLROnPlateau: the state must hold numbers, got ${JSON.stringify(state)}`);
    this.#state = { factor, best, bad, cooldown };
  }

  #improves(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const { best } = this.#state;
    if (best === null) return !Number.isNaN(metric);
    const sign = mode === "min" ? -1 : 1;
    const margin = thresholdMode === "rel" ? best * threshold : threshold;
    return sign * (metric - best - sign * margin) > 0;
  }
}

import { FoveaError } from "../runtime/errors.ts";
import type { Callback, EpochSummary, Training } from "./callback.ts";

/** A number of an epoch: `loss`, `accuracy`, `valid.loss`, `valid.accuracy`, or `valid.` and the name of a metric. */
export type Monitor = string;

export interface MonitorOptions {
  /** Default `valid.loss`. */
  monitor?: Monitor;
  /** Whether less is better, or more. Default: less of a loss, more of anything else. */
  mode?: "min" | "max";
}

export interface EarlyStoppingOptions extends MonitorOptions {
  /** How many epochs in a row may fail to improve. Default 3. */
  patience?: number;
  /** By how much they must. Default 0. */
  minDelta?: number;
}

interface State {
  best: number | null;
  bad: number;
}

/** Ends a training that no longer improves (Prechelt 1998). */
export class EarlyStopping implements Callback {
  readonly name = "earlyStopping";
  readonly #options: Required<EarlyStoppingOptions>;
  #state: State = { best: null, bad: 0 };

  constructor({ monitor = "valid.loss", mode = modeOf(monitor), patience = 3, minDelta = 0 }: EarlyStoppingOptions = {}) {
    this.#options = { monitor, mode, patience, minDelta };
  }

  /** Throws `RANGE` if an epoch has no such number. */
  onEpoch(summary: EpochSummary, training: Training): void {
    const { monitor, mode, patience, minDelta } = this.#options;
    const value = monitored(summary, monitor);
    const { best } = this.#state;
    if (best === null ? !Number.isNaN(value) : isBetter(value, best, mode, minDelta)) this.#state = { best: value, bad: 0 };
    else this.#state.bad += 1;
    if (this.#state.bad >= patience) training.stop(`${monitor} has not improved on ${this.#state.best} for ${patience} epochs`);
  }

  stateDict(): State {
    return { ...this.#state };
  }

  loadStateDict(state: unknown): void {
    this.#state = { ...this.#state, ...(state as State) };
  }
}

export const modeOf = (monitor: Monitor): "min" | "max" => (/loss|error|perplexity|rate/i.test(monitor) ? "min" : "max");

export function isBetter(value: number, best: number, mode: "min" | "max", by = 0): boolean {
  return mode === "min" ? value < best - by : value > best + by;
}

/** Throws `RANGE`. */
export function monitored({ loss, accuracy, valid }: EpochSummary, monitor: Monitor): number {
  const numbers = new Map<string, number>([
    ["loss", loss],
    ["accuracy", accuracy],
    ...Object.entries(valid?.metrics ?? {}).map(([name, value]) => [`valid.${name}`, value] as const),
  ]);
  if (valid) numbers.set("valid.loss", valid.loss).set("valid.accuracy", valid.accuracy);
  const value = numbers.get(monitor);
  if (value !== undefined) return value;
  throw new FoveaError("RANGE", `fit: monitor must be one of ${[...numbers.keys()].join(", ")}, got ${monitor}`);
}

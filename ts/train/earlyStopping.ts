import { expectChoice, expectNotNegative, expectOption } from "../optim/optimizer.ts";
import { FoveaError } from "../runtime/errors.ts";
import type { Callback, EpochSummary, Training } from "./callback.ts";

/** A number of an epoch: `loss`, `accuracy`, `valid.loss`, `valid.accuracy`, or `valid.` and the name of a metric. */
export type Monitor = string;

export interface MonitorOptions {
  /** Default `valid.loss`, and `loss` of a training without a validation. */
  monitor?: Monitor;
  /** Whether less is better, or more. Default: less of a loss, more of anything else. */
  mode?: Mode;
}

export interface EarlyStoppingOptions extends MonitorOptions {
  /** After how many epochs in a row without improvement it ends. Default 3. */
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
  readonly #options: MonitorOptions & { patience: number; minDelta: number };
  #state: State = { best: null, bad: 0 };

  /** Throws `RANGE`. */
  constructor({ patience = 3, minDelta = 0, ...options }: EarlyStoppingOptions = {}) {
    const counts = patience === Infinity || (Number.isInteger(patience) && patience >= 1);
    expectOption("EarlyStopping", "patience", patience, counts, "a whole number of at least 1");
    expectNotNegative("EarlyStopping", { minDelta }, "minDelta");
    checkMode("EarlyStopping", options);
    this.#options = { ...options, patience, minDelta };
  }

  /** Throws `RANGE` if an epoch has no such number. */
  onEpoch(summary: EpochSummary, training: Training): void {
    const { patience, minDelta } = this.#options;
    const { monitor, mode, value } = monitored(summary, this.#options);
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

type Mode = "min" | "max";

/** Throws `RANGE` for a mode that is none. */
export function checkMode(op: string, { mode }: MonitorOptions): void {
  if (mode !== undefined) expectChoice(op, "mode", mode, ["min", "max"]);
}

export function isBetter(value: number, best: number, mode: Mode, by = 0): boolean {
  return mode === "min" ? value < best - by : value > best + by;
}

/** The number to look at, and whether less of it is better. Throws `RANGE`. */
export function monitored(
  { loss, accuracy, valid }: EpochSummary,
  { monitor = valid ? "valid.loss" : "loss", mode = modeOf(monitor) }: MonitorOptions,
): { monitor: Monitor; mode: Mode; value: number } {
  const numbers = new Map<string, number>([
    ["loss", loss],
    ["accuracy", accuracy],
    ...Object.entries(valid?.metrics ?? {}).map(([name, value]) => [`valid.${name}`, value] as const),
  ]);
  if (valid) numbers.set("valid.loss", valid.loss).set("valid.accuracy", valid.accuracy);
  const value = numbers.get(monitor);
  if (value !== undefined) return { monitor, mode, value };
  throw new FoveaError("RANGE", `fit: monitor must be one of ${[...numbers.keys()].join(", ")}, got ${monitor}`);
}

const modeOf = (monitor: Monitor): Mode => (/loss|error|perplexity|rate/i.test(monitor) ? "min" : "max");

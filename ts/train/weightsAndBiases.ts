import { FoveaError } from "../runtime/errors.ts";
import type { Callback } from "./callback.ts";
import { epochFigures, stepFigures } from "./figures.ts";

/** What is needed of a run of Weights & Biases: `init` of its package `@wandb/sdk` (0.5.1) gives one. */
export interface WeightsAndBiasesRun {
  log(values: Record<string, unknown>, step?: number): unknown;
  finish(exitCode?: number): unknown;
}

export interface WeightsAndBiasesOptions {
  /** Points of the curves of steps: one every so many. Default 1. */
  everySteps?: number;
}

/**
 * Tells Weights & Biases of a training. The run is the caller's, made with the settings it should show.
 *
 *     import { wandb } from "@wandb/sdk";
 *
 *     const run = await wandb.init({ project: "reviews", config });
 *     await fit(model, data, { …, callbacks: [weightsAndBiases(run)] });
 *
 * Each step is one row, with the scores of an epoch that ends there; it is sent when the next one is known. A training that goes on from a
 * snapshot needs a run of its own: that package writes the history of a run from its first row, so an old `id` would lose what is there. The run is
 * finished at the training's end, with exit code 1 where that is an error or an abort. Throws `RANGE`.
 */
export function weightsAndBiases(run: WeightsAndBiasesRun, { everySteps = 1 }: WeightsAndBiasesOptions = {}): Callback {
  if (!(everySteps >= 1)) throw new FoveaError("RANGE", `weightsAndBiases: everySteps must be at least 1, got ${everySteps}`);
  let row: { step: number; values: Record<string, unknown> } | null = null;
  // Of two rows for one step the package would write the second under a later one, once there are more rows than steps.
  const add = (step: number, values: Record<string, unknown>): void => {
    if (row?.step !== step) send();
    row = { step, values: { ...row?.values, ...values } };
  };
  const send = (): void => {
    if (row) run.log(row.values, row.step);
    row = null;
  };
  return {
    onStep(progress) {
      if (progress.step % everySteps === 0) add(progress.step, stepFigures(progress));
    },
    onEpoch(summary) {
      add(summary.step, { epoch: summary.epoch, ...epochFigures(summary) });
    },
    async onEnd(result) {
      send();
      await run.finish(result === null ? 1 : 0);
    },
  };
}

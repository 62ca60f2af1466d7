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
 * Tells Weights & Biases of a training. The run is the caller's: made with the settings it should show, and, of a training that goes on, with
 * its old `id` and `resume`.
 *
 *     import { wandb } from "@wandb/sdk";
 *
 *     const run = await wandb.init({ project: "reviews", config });
 *     await fit(model, data, { …, callbacks: [weightsAndBiases(run)] });
 *
 * The run is finished at the training's end, with exit code 1 where that is an error or an abort. Throws `RANGE`.
 */
export function weightsAndBiases(run: WeightsAndBiasesRun, { everySteps = 1 }: WeightsAndBiasesOptions = {}): Callback {
  if (!(everySteps >= 1)) throw new FoveaError("RANGE", `weightsAndBiases: everySteps must be at least 1, got ${everySteps}`);
  return {
    onStep(progress) {
      if (progress.step % everySteps === 0) run.log(stepFigures(progress), progress.step);
    },
    onEpoch(summary) {
      run.log({ epoch: summary.epoch, ...epochFigures(summary) }, summary.step);
    },
    async onEnd(result) {
      await run.finish(result === null ? 1 : 0);
    },
  };
}

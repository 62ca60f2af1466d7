import { init } from "fovea";
import { loadDataset } from "./dataset.ts";
import { sizesFor } from "./model.ts";
import type { Command } from "./options.ts";
import { describeRun, readRunConfig } from "./runConfig.ts";
import { newRunFolder, readFromRun } from "./runFolder.ts";
import { makeScreen } from "./screen.ts";
import { runSession } from "./session.ts";
import { type EpochMetrics, Training } from "./training.ts";
import { UsageError, withPath } from "./usageError.ts";

/** Trains from the beginning. The exit code; throws `UsageError` and `FoveaError` before anything is written. */
export async function trainCommand({ data, recipe, out, engine }: Extract<Command, { kind: "train" }>): Promise<number> {
  const folder = await newRunFolder(out);
  const dataset = await loadDataset(data, recipe);
  await init(engine);
  const sizes = sizesFor(recipe, dataset);
  const config = describeRun(sizes, dataset.classes, recipe, { ...data, digest: dataset.digest });
  return runSession({ folder, config, dataset, training: new Training(sizes, dataset, recipe), screen: makeScreen() });
}

const FINISHED = "the training is finished, or was never begun; npm start begins another";

/** Goes on with a run that was stopped. The exit code; throws `UsageError` and `FoveaError`. */
export async function resumeCommand({ folder, engine }: Extract<Command, { kind: "resume" }>): Promise<number> {
  const { config, tokenizer } = await readRunConfig(folder);
  const checkpoint = await readFromRun(folder, "resume.safetensors", FINISHED);
  const model = await readFromRun(folder, "model.safetensors", "the run is damaged");
  const metrics = parseLines(await readFromRun(folder, "metrics.jsonl", "the run is damaged"));
  const dataset = await loadDataset(config.data, config.recipe);
  if (dataset.digest !== config.data.digest)
    throw new UsageError(`${folder} cannot go on: its training or validation texts are not those it began with.`);
  await init(engine);
  const training = withPath(
    `${folder}/resume.safetensors`,
    () => new Training(config.model, { ...dataset, tokenizer }, config.recipe, { checkpoint, model, metrics }),
  );
  return runSession({ folder, config, dataset, training, screen: makeScreen() });
}

function parseLines(bytes: Uint8Array): EpochMetrics[] {
  const lines = new TextDecoder().decode(bytes).split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as EpochMetrics);
}

import { type Classes, WordTokenizer } from "fovea/data";
import type { ModelSizes } from "./model.ts";
import type { DataFiles } from "./options.ts";
import type { Recipe } from "./recipe.ts";
import { readFromRun } from "./runFolder.ts";
import { UsageError, withPath } from "./usageError.ts";

/** What `config.json` of a run holds: how it was made, and all that is needed to build its model again. */
export interface RunConfig {
  readonly format: "fovea-sentiment-1";
  readonly model: ModelSizes;
  readonly classes: readonly string[];
  readonly recipe: Recipe;
  readonly data: DataFiles & { readonly digest: string };
}

const FORMAT = "fovea-sentiment-1";

export function describeRun(model: ModelSizes, classes: Classes, recipe: Recipe, data: RunConfig["data"]): RunConfig {
  return { format: FORMAT, model, classes: classes.names, recipe, data };
}

const NO_RUN = "this is no folder that a training has written";

/** The configuration and the tokenizer of a run. Throws `UsageError`. */
export async function readRunConfig(folder: string): Promise<{ config: RunConfig; tokenizer: WordTokenizer }> {
  const config = (await readJson(folder, "config.json")) as RunConfig;
  if (config?.format !== FORMAT) throw new UsageError(`${folder}/config.json is not the configuration of a run of this example.`);
  const json = await readJson(folder, "tokenizer.json");
  const tokenizer = withPath(`${folder}/tokenizer.json`, () => WordTokenizer.fromJSON(json));
  return { config, tokenizer };
}

async function readJson(folder: string, name: string): Promise<unknown> {
  const bytes = await readFromRun(folder, name, NO_RUN);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new UsageError(`${folder}/${name} is damaged: it is not JSON.`);
  }
}

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FoveaError, loadSafetensorsFile, type MaskedLanguageModel, type Module, saveSafetensorsFile, scope } from "fovea";
import { Tokenizer } from "fovea/data";
import { type Decoder, type DecoderConfig, newDecoder } from "./decoders.ts";
import { type MaskedConfig, newMasked } from "./masked.ts";

/** A model with what belongs to it. */
export type Trained = TrainedDecoder | TrainedMasked;

export interface TrainedDecoder {
  readonly config: DecoderConfig;
  readonly model: Decoder;
  readonly tokenizer: Tokenizer;
}

export interface TrainedMasked {
  readonly config: MaskedConfig;
  readonly model: MaskedLanguageModel;
  readonly tokenizer: Tokenizer;
}

export const isMasked = (run: Trained): run is TrainedMasked => run.config.model === "albert";

/** All that `loadRun` needs. */
export async function saveRun(folder: string, { config, model, tokenizer }: Trained): Promise<void> {
  await mkdir(folder, { recursive: true });
  await saveSafetensorsFile(join(folder, "model.safetensors"), model.stateDict());
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(join(folder, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
}

/** A model that was saved, with its dropout at rest. Throws `DATA` for a folder that holds none. */
export async function loadRun(folder: string): Promise<Trained> {
  const config = (await readJson(folder, "config.json")) as DecoderConfig | MaskedConfig;
  const tokenizer = Tokenizer.fromJSON((await readJson(folder, "tokenizer.json")) as Parameters<typeof Tokenizer.fromJSON>[0]);
  const weights = async <M extends Module>(model: M): Promise<M> => {
    const tensors = await loadSafetensorsFile(join(folder, "model.safetensors"));
    scope(() => model.loadStateDict(tensors));
    for (const tensor of tensors.values()) tensor.dispose();
    model.eval();
    return model;
  };
  if (config.model === "albert") return { config, tokenizer, model: await weights(newMasked(config)) };
  if (config.model !== "gpt" && config.model !== "xl")
    throw new FoveaError("DATA", `${join(folder, "config.json")}: model must be gpt, xl or albert, got ${config.model}`);
  // One that was trained without a memory still has to see what it goes on from: as much as it saw in training.
  const memoryLen = Math.max(config.memoryLen, config.seqLen);
  return { config, tokenizer, model: await weights(newDecoder({ ...config, memoryLen })) };
}

async function readJson(folder: string, name: string): Promise<unknown> {
  const path = join(folder, name);
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new FoveaError("DATA", `${path}: a folder with a trained model is needed, got ${(error as Error).message}`, {
      cause: error,
    });
  }
}

import type { Module } from "../../nn/module.ts";
import { FoveaError } from "../../runtime/errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { albertArchitectures } from "./albert.ts";
import type { Architecture } from "./architecture.ts";
import { bertArchitectures } from "./bert.ts";
import { Config } from "./config.ts";
import { distilBertArchitectures } from "./distilBert.ts";
import { gpt2Architectures } from "./gpt2.ts";
import { llamaArchitectures } from "./llama.ts";
import { t5Architectures } from "./t5.ts";
import { transfoXLArchitectures } from "./transfoXL.ts";
import { vitArchitectures } from "./vit.ts";
import { loadWeights, theirWeights, type Weights } from "./weights.ts";
import { whisperArchitectures } from "./whisper.ts";

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  ...bertArchitectures,
  ...albertArchitectures,
  ...distilBertArchitectures,
  ...gpt2Architectures,
  ...llamaArchitectures,
  ...t5Architectures,
  ...vitArchitectures,
  ...whisperArchitectures,
  ...transfoXLArchitectures,
};

/**
 * A model with the weights that Hugging Face's `save_pretrained` wrote: `config.json`, parsed, and the tensors of `model.safetensors`. Its
 * `architectures[0]` says which; `model` is the class expected, for the type. The model comes in `eval` mode, and may be trained on.
 *
 *     const weights = loadSafetensors(await readFile("gpt2/model.safetensors"));
 *     const model = fromPretrained(JSON.parse(await readFile("gpt2/config.json", "utf8")), weights, LanguageModel);
 *
 * Throws `UNSUPPORTED` for an architecture or an option that is not known, `DATA` for a config that lacks something, `STATE` with all keys that
 * are missing, unexpected or of another shape, and for another class than `model`.
 */
export function fromPretrained(config: unknown, weights: Weights): Module;
export function fromPretrained<M extends Module>(config: unknown, weights: Weights, model: ModelClass<M>): M;
export function fromPretrained(config: unknown, weights: Weights, expected?: ModelClass<Module>): Module {
  const read = new Config(config);
  const architecture = architectureOf(read);
  const model = architecture.build(read);
  const { name } = model.constructor;
  try {
    if (expected && !(model instanceof expected))
      throw new FoveaError("STATE", `fromPretrained: ${read.architecture} is a ${name}, not a ${expected.name}`);
    loadWeights(model, weights, architecture, read.architecture);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model.eval();
}

/** A class of models. */
export type ModelClass<M extends Module> = abstract new (...args: never[]) => M;

/**
 * The weights of a model by Hugging Face's names and in their shapes, for `saveSafetensors`: `config` is theirs, as `fromPretrained` took it. The
 * tensors are copies. Throws `UNSUPPORTED`.
 */
export function toPretrained(config: unknown, model: Module): Map<string, Tensor> {
  return theirWeights(model.stateDict(), architectureOf(new Config(config)));
}

/** Throws `UNSUPPORTED`. */
export function architectureOf({ architecture }: Config): Architecture {
  const found = Object.hasOwn(ARCHITECTURES, architecture) ? ARCHITECTURES[architecture] : undefined;
  if (found) return found;
  throw new FoveaError(
    "UNSUPPORTED",
    `fromPretrained: architecture must be one of ${Object.keys(ARCHITECTURES).join(", ")}, got ${architecture}`,
  );
}

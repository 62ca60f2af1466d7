import { add } from "../ops/add.ts";
import { expectProbability } from "../ops/checks.ts";
import { dropout } from "../ops/dropout.ts";
import { gelu } from "../ops/gelu.ts";
import { linear } from "../ops/linear.ts";
import { matmul } from "../ops/matmul.ts";
import type { Activation } from "../ops/product.ts";
import { relu } from "../ops/relu.ts";
import { scale } from "../ops/scale.ts";
import { FoveaError } from "../runtime/errors.ts";
import { zeros } from "../tensor/create.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { scope } from "../tensor/scope.ts";
import { type Tensor, touch } from "../tensor/tensor.ts";
import { kaimingUniform } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module, parameter, type StateDict } from "./module.ts";

export interface LoRAOptions {
  /** Of the matrices added. Default 8. */
  rank?: number;
  /** They are multiplied by `alpha / rank`. Default twice the rank. */
  alpha?: number;
  /** The probability of dropping an element of their input while training. Default 0. */
  dropout?: number;
}

/** What is added to a linear layer: `x · aᵀ · bᵀ · alpha / rank`, 0 at first (Hu et al. 2022). */
export class LoRA extends Module {
  /** `[rank, inFeatures]` */
  readonly a: Tensor;
  /** `[outFeatures, rank]` */
  readonly b: Tensor;
  readonly scaling: number;
  readonly p: number;

  /** Throws `RANGE`. */
  constructor(inFeatures: number, outFeatures: number, { rank = 8, alpha = 2 * rank, dropout = 0 }: LoRAOptions = {}) {
    super();
    if (!(Number.isInteger(rank) && rank >= 1))
      throw new FoveaError("RANGE", `LoRA: rank must be a whole number of at least 1, got ${rank}`);
    expectProbability("LoRA", "dropout", dropout);
    this.a = parameter(kaimingUniform([rank, inFeatures]));
    this.b = parameter(zeros([outFeatures, rank]));
    this.scaling = alpha / rank;
    this.p = dropout;
  }

  /** `x [..., inFeatures]`, out `[..., outFeatures]`: what is added. */
  forward(x: Tensor): Tensor {
    return scope(() => {
      const low = linear(dropout(x, { p: this.p, training: this.training }), this.a, null);
      return scale(linear(low, this.b, null), this.scaling);
    });
  }

  /** A layer's output with this added to it, before the activation. */
  adapt(x: Tensor, { weight, bias }: Linear, activation: Activation | undefined): Tensor {
    return scope(() => {
      const sum = add(linear(x, weight, bias), this.forward(x));
      if (activation === undefined) return sum;
      return activation === "relu" ? relu(sum) : gelu(sum, { approximate: activation === "gelu" ? "none" : "tanh" });
    });
  }
}

export interface ApplyLoRAOptions extends LoRAOptions {
  /** Which linear layers, by name. Default: all. */
  pattern?: RegExp;
  /** Which other parameters are trained on, by name: a new classifier's, say. Default: none. */
  train?: RegExp;
}

/**
 * Freezes `model` and adds to its linear layers what is trained in their place. To be called before an optimizer is made. Gives the names of
 * the layers. Throws `RANGE` if no layer matches, or one has been adapted already.
 */
export function applyLoRA(model: Module, { pattern = /(?:)/, train, ...options }: ApplyLoRAOptions = {}): string[] {
  const found = linears(model).filter(([name]) => name.search(pattern) >= 0);
  if (found.length === 0)
    throw new FoveaError("RANGE", `applyLoRA: ${pattern} must match a linear layer of ${model.constructor.name}`);
  const adapted = found.find(([, layer]) => layer.lora);
  if (adapted) throw new FoveaError("RANGE", `applyLoRA: ${adapted[0]} has been adapted already; mergeLoRA first`);
  const additions = found.map(([, { weight }]) => new LoRA(weight.shape[1]!, weight.shape[0]!, options));
  model.requiresGrad(false);
  if (train) model.unfreeze(train);
  found.forEach(([, layer], i) => {
    layer.lora = additions[i]!.train(layer.training);
  });
  return found.map(([name]) => name);
}

/** Adds to the weights what was trained beside them, and takes it away: the model is as large and as fast as before. */
export function mergeLoRA(model: Module): void {
  for (const [, layer] of linears(model)) {
    const { lora, weight } = layer;
    if (!lora) continue;
    scope(() =>
      noGrad(() => {
        const merged = add(weight, scale(matmul(lora.b, lora.a), lora.scaling));
        weight.view().set(merged.view());
        touch(weight);
      }),
    );
    layer.lora = null;
    lora.dispose();
  }
}

/** What was added, alone, under the names that PEFT gives it: `encoder.layers.0.linear1.lora_A.weight`. The tensors are the model's own. */
export function loraStateDict(model: Module): StateDict {
  return new Map(
    linears(model).flatMap(([name, { lora }]): [string, Tensor][] =>
      lora
        ? [
            [`${name}.lora_A.weight`, lora.a],
            [`${name}.lora_B.weight`, lora.b],
          ]
        : [],
    ),
  );
}

/** Loads what `loraStateDict` gave into a model that was adapted alike. Throws `STATE`, and loads nothing then, unless all fits. */
export function loadLoRAStateDict(model: Module, state: ReadonlyMap<string, Tensor>): void {
  const own = linears(model).filter(([, { lora }]) => lora);
  const missing = own.find(([name]) => !state.has(`${name}.lora_A.weight`) || !state.has(`${name}.lora_B.weight`));
  if (missing || state.size !== 2 * own.length)
    throw new FoveaError(
      "STATE",
      `loadLoRAStateDict: must have two matrices for each of ${own.length} layers, got ${state.size}${missing ? ` and none for ${missing[0]}` : ""}`,
    );
  const renamed = new Map([...state].map(([name, tensor]) => [name.replace(/lora_([AB])\.weight$/, renamedPart), tensor]));
  model.loadStateDict(renamed, { strict: false });
}

const renamedPart = (_: string, letter: string): string => `lora.${letter.toLowerCase()}`;

const linears = (model: Module): [name: string, layer: Linear][] =>
  model.namedModules().flatMap(([name, module]): [string, Linear][] => (module instanceof Linear ? [[name, module]] : []));

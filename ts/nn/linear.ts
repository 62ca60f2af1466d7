import { linear } from "../ops/linear.ts";
import type { Activation } from "../ops/product.ts";
import { FoveaError } from "../runtime/errors.ts";
import { expectShape, formatShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { kaimingUniform } from "./init.ts";
import type { LoRA } from "./lora.ts";
import { isParameter, Module, parameter } from "./module.ts";

export interface LinearOptions {
  bias?: boolean;
  /**
   * Another module's parameter `[outFeatures, inFeatures]`, to share: an embedding's for a projection onto its vocabulary (Press and
   * Wolf 2017).
   */
  weight?: Tensor | undefined;
}

/** `x · weightᵀ + bias`, `x [..., inFeatures]`, out `[..., outFeatures]`. */
export class Linear extends Module {
  /** `[outFeatures, inFeatures]` */
  readonly weight: Tensor;
  /** `[outFeatures]` */
  readonly bias: Tensor | null;
  /** What adapts it while its own weight rests; `applyLoRA` sets it. */
  lora: LoRA | null = null;

  /** Throws `SHAPE`, `RANGE` for a `weight` that is no parameter. */
  constructor(inFeatures: number, outFeatures: number, { bias = true, weight }: LinearOptions = {}) {
    super();
    if (weight) expectShared(weight, [outFeatures, inFeatures]);
    this.weight = weight ?? parameter(kaimingUniform([outFeatures, inFeatures]));
    this.bias = bias ? parameter(kaimingUniform([outFeatures], inFeatures)) : null;
  }

  /** `activation` is part of the same kernel. */
  forward(x: Tensor, { activation }: { activation?: Activation | undefined } = {}): Tensor {
    if (this.lora) return this.lora.adapt(x, this, activation);
    return linear(x, this.weight, this.bias, { activation });
  }
}

function expectShared(weight: Tensor, shape: readonly number[]): void {
  expectShape("Linear", { weight }, shape);
  if (isParameter(weight)) return;
  throw new FoveaError(
    "RANGE",
    `Linear: weight must be a module's parameter, got another tensor ${formatShape(weight.shape)}; parameter() makes it one`,
  );
}

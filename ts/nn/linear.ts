import { linear } from "../ops/linear.ts";
import type { Activation } from "../ops/product.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { kaimingUniform } from "./init.ts";
import { Module, parameter } from "./module.ts";

/** `x · weightᵀ + bias`, `x [..., inFeatures]`, out `[..., outFeatures]`. */
export class Linear extends Module {
  /** `[outFeatures, inFeatures]` */
  readonly weight: Tensor;
  /** `[outFeatures]` */
  readonly bias: Tensor | null;

  constructor(inFeatures: number, outFeatures: number, { bias = true }: { bias?: boolean } = {}) {
    super();
    this.weight = parameter(kaimingUniform([outFeatures, inFeatures]));
    this.bias = bias ? parameter(kaimingUniform([outFeatures], inFeatures)) : null;
  }

  /** `activation` is part of the same kernel. */
  forward(x: Tensor, { activation }: { activation?: Activation | undefined } = {}): Tensor {
    return linear(x, this.weight, this.bias, { activation });
  }
}

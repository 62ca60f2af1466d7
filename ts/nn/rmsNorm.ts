import { RMS_NORM_EPS, rmsNorm } from "../ops/rmsNorm.ts";
import { ones } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { LayerNormOptions } from "./layerNorm.ts";
import { Module, parameter } from "./module.ts";

/**
 * The last axes, those of `normalizedShape`, to a root mean square of 1, then `· weight` (Zhang and Sennrich 2019). `eps` is
 * float32's epsilon unless given, as PyTorch's.
 */
export class RMSNorm extends Module {
  readonly weight: Tensor | null;
  readonly normalizedShape: readonly number[];
  readonly eps: number;

  constructor(
    normalizedShape: number | readonly number[],
    { eps = RMS_NORM_EPS, elementwiseAffine = true }: Omit<LayerNormOptions, "bias"> = {},
  ) {
    super();
    this.normalizedShape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
    this.eps = eps;
    this.weight = elementwiseAffine ? parameter(ones(this.normalizedShape)) : null;
  }

  forward(x: Tensor): Tensor {
    const { eps, normalizedShape } = this;
    return rmsNorm(x, this.weight, { eps, normalizedShape });
  }
}

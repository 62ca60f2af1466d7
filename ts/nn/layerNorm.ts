import { layerNorm } from "../ops/layerNorm.ts";
import { ones, zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module, parameter } from "./module.ts";

export interface LayerNormOptions {
  eps?: number;
  /** False: neither weight nor bias. */
  elementwiseAffine?: boolean;
  bias?: boolean;
}

/**
 * The last axes, those of `normalizedShape`, to zero mean and unit variance, then `· weight + bias` (Ba, Kiros and Hinton 2016).
 */
export class LayerNorm extends Module {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly normalizedShape: readonly number[];
  readonly eps: number;

  constructor(
    normalizedShape: number | readonly number[],
    { eps = 1e-5, elementwiseAffine = true, bias = true }: LayerNormOptions = {},
  ) {
    super();
    this.normalizedShape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
    this.eps = eps;
    this.weight = elementwiseAffine ? parameter(ones(this.normalizedShape)) : null;
    this.bias = elementwiseAffine && bias ? parameter(zeros(this.normalizedShape)) : null;
  }

  forward(x: Tensor): Tensor {
    const { eps, normalizedShape } = this;
    return layerNorm(x, this.weight, this.bias, { eps, normalizedShape });
  }
}

import { groupNorm } from "../ops/groupNorm.ts";
import { FoveaError } from "../runtime/errors.ts";
import { ones, zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module, parameter } from "./module.ts";

/** Each item's channels in groups, each to zero mean and unit variance, then `· weight + bias` by channel (Wu and He 2018). */
export class GroupNorm extends Module {
  /** `[numChannels]` */
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly numGroups: number;
  readonly eps: number;

  /** Throws `SHAPE` if `numGroups` does not divide `numChannels`. */
  constructor(numGroups: number, numChannels: number, { eps = 1e-5, affine = true }: { eps?: number; affine?: boolean } = {}) {
    super();
    if (!(numGroups >= 1) || numChannels % numGroups !== 0)
      throw new FoveaError("SHAPE", `GroupNorm: numGroups must divide numChannels, got ${numGroups} and ${numChannels}`);
    this.numGroups = numGroups;
    this.eps = eps;
    this.weight = affine ? parameter(ones([numChannels])) : null;
    this.bias = affine ? parameter(zeros([numChannels])) : null;
  }

  /** `x [batch, numChannels, …]`, out the same. */
  forward(x: Tensor): Tensor {
    const { weight, bias, numGroups, eps } = this;
    return groupNorm(x, weight, bias, { numGroups, eps });
  }
}

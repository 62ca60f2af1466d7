import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import { expectRankAtLeast, expectShape, formatShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { count, expectFloat } from "./checks.ts";
import { expand } from "./expand.ts";
import { layerNorm } from "./layerNorm.ts";
import { multiply } from "./multiply.ts";

export interface GroupNormOptions {
  numGroups: number;
  /** Added inside the root. */
  eps?: number;
}

/**
 * Each item's channels in `numGroups` groups, each to zero mean and unit variance, then `· weight + bias` by channel (Wu and He
 * 2018): `x [batch, channels, …]`, `weight` and `bias` `[channels]` or null. Throws `SHAPE`, `RANK`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function groupNorm(
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  { numGroups, eps = 1e-5 }: GroupNormOptions,
): Tensor {
  expectFloat("groupNorm", { x, weight, bias });
  expectRankAtLeast("groupNorm", { x }, 2);
  const [batch, channels] = x.shape as [number, number];
  expectShape("groupNorm", { weight, bias }, [channels]);
  if (!(numGroups >= 1) || channels % numGroups !== 0)
    throw new FoveaError("SHAPE", `groupNorm: numGroups must divide the channels, got ${numGroups} for ${formatShape(x.shape)}`);
  if (!(eps >= 0)) throw new FoveaError("RANGE", `groupNorm: eps must be at least 0, got ${eps}`);
  return scope(() => {
    const ofItem = x.shape.slice(1);
    const places = count(ofItem.slice(1));
    const byChannel = (values: Tensor) => expand(values.reshape([channels, 1]), [channels, places]).reshape(ofItem);
    const rows = x.reshape([batch * numGroups, (channels / numGroups) * places]);
    let out = layerNorm(rows, null, null, { eps }).reshape(x.shape);
    if (weight) out = multiply(out, byChannel(weight));
    if (bias) out = add(out, byChannel(bias));
    return out;
  });
}

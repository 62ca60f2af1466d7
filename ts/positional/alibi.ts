import { type Mask, slopes as slopesOf } from "../ops/mask.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { queryOffset } from "./places.ts";
import type { PositionalEncoding, ScoreContext } from "./positionalEncoding.ts";

/**
 * ALiBi: takes `slope · |distance|` off each score, every head with a slope of its own (Press, Smith and Lewis 2022). Nothing is
 * trained and no length is too long. With a causal mask it is the paper's, which has no keys ahead.
 *
 *     scores[h, i, j] −= slopes[h] · |i − j|
 */
export function alibi(): PositionalEncoding {
  return ({ numHeads }) => {
    const slopes = alibiSlopes(numHeads);
    return {
      bias(_query: Tensor, _key: Tensor, context: ScoreContext): Mask {
        return slopesOf(slopes, { offset: queryOffset("alibi", context) });
      },
    };
  };
}

/**
 * The paper's slopes: `2^(−8 h / numHeads)`, h from 1. Where `numHeads` is no power of 2, those of the power below it, then every
 * other of the power above.
 */
export function alibiSlopes(numHeads: number): number[] {
  const power = 2 ** Math.floor(Math.log2(numHeads));
  return Array.from({ length: numHeads }, (_, head) =>
    head < power ? 2 ** ((-8 * (head + 1)) / power) : 2 ** ((-4 * (2 * (head - power) + 1)) / power),
  );
}

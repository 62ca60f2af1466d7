import { embedding } from "../ops/embedding.ts";
import { all, bias, type Mask } from "../ops/mask.ts";
import { matmul } from "../ops/matmul.ts";
import { relativeUnshift } from "../ops/relativeShift.ts";
import { scale } from "../ops/scale.ts";
import { FoveaError } from "../runtime/errors.ts";
import { tensor, uniform, zeros } from "../tensor/create.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { distanceScores, headsFirst } from "./distanceScores.ts";
import { type Distances, distancesOf } from "./distances.ts";
import type { Places } from "./places.ts";
import type { PositionalEncoding, Positions, ScoreContext } from "./positionalEncoding.ts";

export interface ShawOptions {
  /** Distances beyond it, either way, count as it. */
  maxDistance: number;
  /** Whether values have vectors too; attention must then compute all its weights. */
  values?: boolean;
}

/**
 * Trained vectors for distances, added to the keys and, with `values`, to the values (Shaw, Uszkoreit and Vaswani 2018); all heads
 * share them. `keyWeight` and `valueWeight [2 · maxDistance + 1, headDim]`, the farthest behind first. The weights that meet the
 * values' vectors are those before dropout. Throws `RANGE`.
 *
 *     scores[i, j] = scale · query[i] · (key[j] + keyWeight[clip(j − i)])
 *     out[i] = Σⱼ weights[i, j] · (value[j] + valueWeight[clip(j − i)])
 */
export function shaw({ maxDistance, values = false }: ShawOptions): PositionalEncoding {
  if (!Number.isInteger(maxDistance) || maxDistance < 0)
    throw new FoveaError("RANGE", `shaw: maxDistance must be a whole number of at least 0, got ${maxDistance}`);
  return ({ embedDim, numHeads, headDim = embedDim / numHeads }) => {
    const keyWeight = vectors(maxDistance, headDim);
    const valueWeight = values ? vectors(maxDistance, headDim) : null;
    return {
      parameters: { keyWeight, ...(valueWeight && { valueWeight }) },
      bias(query: Tensor, key: Tensor, context: ScoreContext): Mask {
        const sizes = { queryLen: query.shape[1]!, keyLen: key.shape[1]! };
        const distances = distancesOf("shaw", sizes, context);
        if (sizes.queryLen * sizes.keyLen === 0) return all();
        return scope(() => bias(distanceScores(query, scale(byDistance(keyWeight, distances), context.scale), sizes)));
      },
      ...(valueWeight && { values: valuesHook(valueWeight) }),
    };
  };
}

function valuesHook(valueWeight: Tensor): NonNullable<Positions["values"]> {
  return (weights: Tensor, places: Places): Tensor => {
    const [batch, numHeads, queryLen, keyLen] = weights.shape as [number, number, number, number];
    const distances = distancesOf("shaw", { queryLen, keyLen }, places);
    if (weights.length === 0) return zeros([batch, queryLen, numHeads, valueWeight.shape[1]!]);
    return scope(() => headsFirst(matmul(relativeUnshift(weights), byDistance(valueWeight, distances))));
  };
}

/** Rows of `weight` for each distance, clipped: `[distances, headDim]`. */
function byDistance(weight: Tensor, distances: Distances): Tensor {
  const most = (weight.shape[0]! - 1) / 2;
  return embedding(tensor(distances.map((distance) => Math.min(Math.max(distance, -most), most) + most)), weight);
}

/** Uniform within ±√(6 / (rows + headDim)), as the authors' (Glorot and Bengio 2010). */
function vectors(maxDistance: number, headDim: number): Tensor {
  const rows = 2 * maxDistance + 1;
  const bound = Math.sqrt(6 / (rows + headDim));
  return uniform([rows, headDim], { low: -bound, high: bound });
}

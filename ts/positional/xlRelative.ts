import { add } from "../ops/add.ts";
import { all, bias, causal, type Mask } from "../ops/mask.ts";
import { matmul } from "../ops/matmul.ts";
import { scale } from "../ops/scale.ts";
import { FoveaError } from "../runtime/errors.ts";
import { randn, tensor } from "../tensor/create.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { distanceScores } from "./distanceScores.ts";
import { distancesOf } from "./distances.ts";
import { queryOffset } from "./places.ts";
import type { PositionalEncoding, ScoreContext } from "./positionalEncoding.ts";
import { expectBase, waves } from "./sinusoidal.ts";

export interface XLRelativeOptions {
  /** Masks keys that are later than the query, and does without their half of the work; false for both directions (XLNet). */
  causal?: boolean;
  /** Distances from here on count as this one. */
  clampLen?: number;
  base?: number;
}

/**
 * Transformer-XL's relative positions (Dai et al. 2019): a sinusoid of the distance d = i − j, projected for each head, and two trained
 * vectors a head that stand in for the query's own position. `u` and `v [numHeads, headDim]`, `rWeight [numHeads · headDim,
 * embedDim]`, all normal with standard deviation 0.02. Throws `RANGE`.
 *
 *     scores[i, j] = scale · ((query[i] + u) · key[j] + (query[i] + v) · (rWeight · sinusoid(i − j)))
 *
 * The sinusoid has its sines first, then its cosines, as the authors' code.
 */
export function xlRelative(options: XLRelativeOptions = {}): PositionalEncoding {
  const { causal: isCausal = true, clampLen = Number.POSITIVE_INFINITY, base = 10_000 } = options;
  expectBase("xlRelative", base);
  if (!(clampLen > 0)) throw new FoveaError("RANGE", `xlRelative: clampLen must be above 0, got ${clampLen}`);
  return ({ embedDim, numHeads, headDim = embedDim / numHeads }) => {
    const [u, v] = [small([numHeads, headDim]), small([numHeads, headDim])];
    const rWeight = small([numHeads * headDim, embedDim]);
    return {
      parameters: { u, v, rWeight },
      rotate: (query: Tensor, key: Tensor) => [add(query, u), key],
      bias(query: Tensor, key: Tensor, context: ScoreContext): Mask {
        const [queryLen, keyLen, offset] = [query.shape[1]!, key.shape[1]!, queryOffset("xlRelative", context)];
        const later = isCausal ? causal({ offset }) : null;
        if (queryLen * keyLen === 0) return all(later);
        const distances = distancesOf("xlRelative", { queryLen, keyLen }, context);
        const behind = isCausal && offset === keyLen - queryLen ? distances.subarray(0, keyLen) : distances;
        return scope(() => {
          const sinusoids = tensor(sinesThenCosines(behind, { embedDim, base, clampLen }), [behind.length, embedDim]);
          const vectors = matmul(sinusoids, rWeight.reshape([numHeads, headDim, embedDim]), { transposeB: true });
          return all(later, bias(distanceScores(add(query, v), scale(vectors, context.scale), { keyLen })));
        });
      },
    };
  };
}

/** A row for each distance i − j, given as j − i. */
function sinesThenCosines(
  distances: Int32Array,
  { embedDim, base, clampLen }: { embedDim: number; base: number; clampLen: number },
): Float32Array {
  const table = waves(
    Float64Array.from(distances, (distance) => Math.max(-clampLen, Math.min(-distance, clampLen))),
    embedDim,
    base,
  );
  const sines = Math.ceil(embedDim / 2);
  return table.map((_, at) => {
    const channel = at % embedDim;
    return table[at - channel + (channel < sines ? 2 * channel : 2 * (channel - sines) + 1)]!;
  });
}

function small(shape: readonly number[]): Tensor {
  const values = randn(shape);
  const view = values.view();
  for (let i = 0; i < view.length; i += 1) view[i]! *= 0.02;
  return values;
}

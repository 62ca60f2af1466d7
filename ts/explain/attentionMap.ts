import { FoveaError } from "../runtime/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Who attended to whom: in one sequence, or from one to another. */
export interface AttentionMap {
  readonly tokens: readonly string[];
  /** What they attended to, if not each other. */
  readonly keys?: readonly string[] | undefined;
  /** `weights[layer][head]`, a row for each token: how much it took from each of the keys; a row sums to 1. */
  readonly weights: readonly (readonly Float32Array[])[];
}

/**
 * The map of one item of a batch, copied out of what a model gives with `needWeights`: a tensor per layer, `[batch, numHeads, queryLen,
 * keyLen]`. Padding after the tokens is left out. `keys`: what they attended to, where that is another sequence. Throws `RANK`, `SHAPE`, `RANGE`.
 */
export function attentionMap(
  tokens: readonly string[],
  weights: readonly Tensor[],
  item = 0,
  { keys }: { keys?: readonly string[] } = {},
): AttentionMap {
  const sizes = [tokens.length, (keys ?? tokens).length] as const;
  return { tokens: [...tokens], ...(keys && { keys: [...keys] }), weights: weights.map((layer) => headsOf(layer, sizes, item)) };
}

function headsOf(layer: Tensor, [rows, columns]: readonly [number, number], item: number): Float32Array[] {
  if (layer.shape.length !== 4)
    throw new FoveaError(
      "RANK",
      `attentionMap: weights must be [batch, numHeads, queryLen, keyLen] in each layer, got [${layer.shape.join(", ")}]`,
    );
  const [batch, numHeads, queryLen, keyLen] = layer.shape as [number, number, number, number];
  if (rows > queryLen || columns > keyLen)
    throw new FoveaError(
      "SHAPE",
      `attentionMap: ${rows} tokens and ${columns} keys need weights over as many queries and keys, got [${layer.shape.join(", ")}]`,
    );
  if (!(Number.isInteger(item) && item >= 0 && item < batch))
    throw new FoveaError("RANGE", `attentionMap: item must be from 0 to ${batch - 1}, got ${item}`);
  const values = layer.view();
  return Array.from({ length: numHeads }, (_, head) => {
    const map = new Float32Array(rows * columns);
    for (let query = 0; query < rows; query += 1) {
      const row = ((item * numHeads + head) * queryLen + query) * keyLen;
      map.set(values.subarray(row, row + columns), query * columns);
    }
    return map;
  });
}

/** The mean over a layer's heads. */
export function meanOverHeads(heads: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(heads[0]?.length ?? 0);
  for (const head of heads) for (let i = 0; i < mean.length; i += 1) mean[i]! += head[i]! / heads.length;
  return mean;
}

/** How much each of the keys was attended to: the mean over queries, heads and layers. It sums to 1. */
export function attentionReceived({ tokens, keys = tokens, weights }: AttentionMap): Float64Array {
  const received = new Float64Array(keys.length);
  const maps = weights.flat();
  const share = 1 / (maps.length * tokens.length);
  for (const map of maps) for (let i = 0; i < map.length; i += 1) received[i % keys.length]! += map[i]! * share;
  return received;
}

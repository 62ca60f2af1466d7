import type { Tensor } from "../tensor/tensor.ts";
import { queryOffset } from "./places.ts";
import type { ScoreContext } from "./positionalEncoding.ts";

/** The sizes of scores, and every distance between a query and a key. */
export interface Distances {
  readonly queryLen: number;
  readonly keyLen: number;
  /** The position of the key less that of the query, for each column that `relativeShift` wants: ascending, `queryLen + keyLen − 1` of them. */
  readonly distances: Int32Array;
}

/** Throws `RANGE` for positions given one by one. */
export function distancesOf(op: string, query: Tensor, key: Tensor, context: ScoreContext): Distances {
  const [queryLen, keyLen] = [query.shape[1]!, key.shape[1]!];
  const first = 1 - queryLen - queryOffset(op, context);
  const length = Math.max(0, queryLen + keyLen - 1);
  return { queryLen, keyLen, distances: Int32Array.from({ length }, (_, column) => first + column) };
}

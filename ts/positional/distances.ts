import { type Places, queryOffset } from "./places.ts";

/** The position of the key less that of the query, for each column that `relativeShift` wants: ascending, `queryLen + keyLen − 1` of them. */
export type Distances = Int32Array<ArrayBuffer>;

/** All distances between `queryLen` queries and `keyLen` keys. Throws `RANGE` for positions given one by one. */
export function distancesOf(op: string, { queryLen, keyLen }: { queryLen: number; keyLen: number }, places: Places): Distances {
  const first = 1 - queryLen - queryOffset(op, places);
  const length = Math.max(0, queryLen + keyLen - 1);
  return Int32Array.from({ length }, (_, column) => first + column);
}

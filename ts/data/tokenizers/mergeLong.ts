import type { Merge, Symbols } from "./bpe.ts";
import { Heap } from "./heap.ts";

/** Ids, and places in a piece, of 26 bits each in one exact double. */
const PAIR = 2 ** 26;

/**
 * What looking at all pairs before each merge comes to, for pieces so long that this would take hours: possible merges wait in a heap, by rank and then from
 * the left, and those that a merge beside them has overtaken are passed over.
 */
export function mergeLong({ ids, starts, ends }: Symbols, merges: ReadonlyMap<number, Merge>): Symbols {
  const next = Int32Array.from(ids, (_, i) => i + 1);
  const before = Int32Array.from(ids, (_, i) => i - 1);
  const merged = new Uint8Array(ids.length); // into the one to its left
  const heap = new Heap<number>((a, b) => a < b);
  const mergeAt = (at: number): Merge | undefined =>
    at < 0 || next[at]! >= ids.length ? undefined : merges.get(ids[at]! * PAIR + ids[next[at]!]!);
  const consider = (at: number): void => {
    const merge = mergeAt(at);
    if (merge) heap.push(merge.rank * PAIR + at);
  };
  for (let at = 0; at < ids.length; at += 1) consider(at);
  for (let key = heap.pop(); key !== undefined; key = heap.pop()) {
    const at = key % PAIR;
    const merge = merged[at] ? undefined : mergeAt(at);
    if (merge?.rank !== Math.floor(key / PAIR)) continue;
    const right = next[at]!;
    ids[at] = merge.id;
    ends[at] = ends[right]!;
    merged[right] = 1;
    next[at] = next[right]!;
    if (next[at]! < ids.length) before[next[at]!] = at;
    consider(at);
    consider(before[at]!);
  }
  const kept = <T>(values: readonly T[]): T[] => values.filter((_, i) => !merged[i]);
  return { ids: kept(ids), starts: kept(starts), ends: kept(ends) };
}

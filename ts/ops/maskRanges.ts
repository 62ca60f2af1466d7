import { FoveaError } from "../runtime/errors.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import type { Mask } from "./mask.ts";

type Documents = Extract<Mask, { kind: "documents" }>;
type Prefix = Extract<Mask, { kind: "prefix" }>;

/** The first key a query sees, and the one after its last. */
type Range = readonly [first: number, end: number];

/**
 * What documents and prefixes leave each query: int32 `[1 or batch, queryLen, 2]`, the first key it sees and the one after its last; null if there
 * are none. Throws `MASK`.
 */
export function rangesTensor(
  op: string,
  parts: readonly Mask[],
  { batch, queryLen, keyLen }: { batch: number; queryLen: number; keyLen: number },
): Tensor | null {
  const rules = parts.flatMap((part): Rule[] => {
    if (part.kind === "documents") return [documentRule(op, part, { batch, queryLen, keyLen })];
    return part.kind === "prefix" ? [prefixRule(op, part, { batch, keyLen })] : [];
  });
  if (rules.length === 0) return null;
  const items = rules.some((rule) => rule.perItem) ? batch : 1;
  const ranges = empty([items, queryLen, 2], "int32");
  const view = ranges.view();
  let at = 0;
  for (let item = 0; item < items; item += 1)
    for (let query = 0; query < queryLen; query += 1, at += 2) {
      const seen = rules.map((rule) => rule.range(item, query));
      view[at] = Math.max(...seen.map(([first]) => first));
      view[at + 1] = Math.min(...seen.map(([, end]) => end));
    }
  return ranges;
}

interface Rule {
  readonly perItem: boolean;
  range(item: number, query: number): Range;
}

function documentRule(
  op: string,
  { ids }: Documents,
  { batch, queryLen, keyLen }: { batch: number; queryLen: number; keyLen: number },
): Rule {
  if (queryLen !== keyLen)
    throw new FoveaError(
      "MASK",
      `${op}: documents are of one sequence, so queryLen must be keyLen, got ${queryLen} and ${keyLen}`,
    );
  if (ids.length !== 1 && ids.length !== batch)
    throw new FoveaError("MASK", `${op}: documents must be given once or for each of batch = ${batch} items, got ${ids.length}`);
  for (const item of ids)
    if (item.length !== keyLen)
      throw new FoveaError("MASK", `${op}: documents must name one for each of seqLen = ${keyLen} tokens, got ${item.length}`);
  const runs = ids.map(runsOf);
  return { perItem: ids.length > 1, range: (item, query) => runs[item % runs.length]![query]! };
}

/** For each token where its document starts and ends. */
function runsOf(ids: ArrayLike<number>): Range[] {
  const runs: Range[] = [];
  for (let start = 0; start < ids.length; ) {
    let end = start;
    while (end < ids.length && ids[end] === ids[start]) end += 1;
    for (let i = start; i < end; i += 1) runs.push([start, end]);
    start = end;
  }
  return runs;
}

function prefixRule(op: string, { lengths, offset }: Prefix, { batch, keyLen }: { batch: number; keyLen: number }): Rule {
  const all = typeof lengths === "number" ? [lengths] : Array.from(lengths);
  if (typeof lengths !== "number" && all.length !== batch)
    throw new FoveaError("MASK", `${op}: prefix must have one length, or batch = ${batch}, got ${all.length}`);
  const range = (item: number, query: number): Range => [
    0,
    Math.min(keyLen, Math.max(all[item % all.length]!, query + offset + 1, 0)),
  ];
  return { perItem: all.length > 1, range };
}

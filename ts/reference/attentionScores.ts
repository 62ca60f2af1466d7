import type { Args } from "./rounding.ts";

type Scored = Omit<Args["attentionWeights"], "lse" | "weights">;

const strides = { query: "queryStride", key: "keyStride", value: "valueStride" } as const;

/** Where the vector of query head `h` (for key and value: of the head it shares) at `position` of item `b` starts. */
export function startOf(args: Scored, name: "query" | "key" | "value", b: number, h: number, position: number): number {
  const token = b * (name === "query" ? args.queryLen : args.keyLen) + position;
  const head = name === "query" ? h : Math.floor(h / (args.numHeads / args.numKvHeads));
  return token * args[strides[name]] + head * (name === "value" ? args.valueHeadDim : args.headDim);
}

/** Whether query `i` of head `h` of item `b` may attend to key `j`. */
export function visible(args: Scored, b: number, h: number, i: number, j: number): boolean {
  const { keyLengths, keep, keepBatch, keepHeads, keepQueries, keyLen, causal, causalOffset, window, sinks } = args;
  if (keyLengths && j >= keyLengths[b]!) return false;
  if (keep && !keep[(((b % keepBatch) * keepHeads + (h % keepHeads)) * keepQueries + (i % keepQueries)) * keyLen + j])
    return false;
  const behind = i + (causal ? causalOffset : 0) - j; // how many positions key j lies behind query i; negative: ahead
  const [first, end] = rangeOf(args, b, i);
  if (j < first || j >= end) return false;
  if (causal && behind < 0) return false;
  if (window >= 0 && !causal && -behind > window) return false;
  return window < 0 || behind <= window || j < first + sinks;
}

/** The first key that query `i` of item `b` may see, and the one after its last. */
function rangeOf({ ranges, rangesBatch, queryLen, keyLen }: Scored, b: number, i: number): [first: number, end: number] {
  if (!ranges) return [0, keyLen];
  const at = 2 * ((b % rangesBatch) * queryLen + i);
  return [Math.max(0, ranges[at]!), ranges[at + 1]!];
}

/** `scale · query · key`, capped to ±softcap if there is one, before the bias. */
export function cappedScore(args: Scored, b: number, h: number, i: number, j: number, round: (x: number) => number): number {
  const { query, key, headDim, scale, softcap } = args;
  const queryStart = startOf(args, "query", b, h, i);
  const keyStart = startOf(args, "key", b, h, j);
  let dot = 0;
  for (let d = 0; d < headDim; d++) dot = round(dot + round(query[queryStart + d]! * key[keyStart + d]!));
  const score = round(scale * dot);
  return softcap > 0 ? round(softcap * Math.tanh(score / softcap)) : score;
}

/** What goes into the softmax. */
export function scoreOf(args: Scored, b: number, h: number, i: number, j: number, round: (x: number) => number): number {
  const { bias, biasBatch, biasHeads, biasQueries, keyLen, slopes, slopeOffset } = args;
  const capped = cappedScore(args, b, h, i, j, round);
  const score = slopes ? round(capped - round(slopes[h]! * Math.abs(i + slopeOffset - j))) : capped;
  if (!bias) return score;
  return round(score + bias[(((b % biasBatch) * biasHeads + (h % biasHeads)) * biasQueries + (i % biasQueries)) * keyLen + j]!);
}

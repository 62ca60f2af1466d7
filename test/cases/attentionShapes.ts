import type { AttentionDims } from "../harness/attention.ts";
import { constant, cycle, flags, normal, withAt } from "./fills.ts";
import type { Fill } from "./types.ts";

export interface AttentionCase {
  why: string;
  sizes: Sizes;
  given?: readonly ("keyLengths" | "keep" | "bias" | "ranges" | "slopes")[];
  fill?: Partial<Record<"query" | "key" | "value" | "keyLengths" | "keep" | "bias" | "ranges" | "slopes", Fill>>;
  spreads?: true;
}

type Sizes = Pick<AttentionDims, "batch" | "queryLen" | "keyLen" | "numHeads" | "headDim"> & Partial<AttentionDims>;

/** Small enough to try every option on, and no two dims alike. */
const small: Sizes = { batch: 2, queryLen: 7, keyLen: 11, numHeads: 3, headDim: 5, valueHeadDim: 6 };
/** Two tiles and a bit of queries and of keys, one head. */
const tiles: Sizes = { batch: 1, queryLen: 67, keyLen: 131, numHeads: 1, headDim: 6, valueHeadDim: 5 };

/** Enough cells that the largest error of plain loops is no matter of luck: where scores are large it decides what is allowed. */
const many: Sizes = { batch: 2, queryLen: 29, keyLen: 43, numHeads: 3, headDim: 8, valueHeadDim: 6 };

const sizes: readonly AttentionCase[] = [
  { why: "one of everything", sizes: { batch: 1, queryLen: 1, keyLen: 1, numHeads: 1, headDim: 1 } },
  { why: "no items", sizes: { ...small, batch: 0 } },
  { why: "no queries", sizes: { ...small, queryLen: 0 } },
  { why: "no keys: every query sees nothing", sizes: { ...small, keyLen: 0 } },
  { why: "one key: its value", sizes: { ...small, keyLen: 1 } },
  { why: "one query", sizes: { ...small, queryLen: 1 } },
  ...[2, 3, 4, 7, 8, 9, 12, 16, 17, 31, 40].map((headDim) => ({
    why: `around the lanes: headDim ${headDim}, valueHeadDim ${headDim + 1}`,
    sizes: { batch: 2, queryLen: 6, keyLen: 10, numHeads: 3, headDim, valueHeadDim: headDim + 1 },
  })),
  { why: "values narrower than keys", sizes: { ...small, headDim: 13, valueHeadDim: 3 } },
  { why: "headDim 64", sizes: { batch: 1, queryLen: 35, keyLen: 66, numHeads: 2, headDim: 64 } },
  { why: "headDim 128, values 96", sizes: { batch: 1, queryLen: 5, keyLen: 37, numHeads: 2, headDim: 128, valueHeadDim: 96 } },
  ...[31, 32, 33, 63, 64, 65, 127, 128, 129].map((queryLen) => ({
    why: `around tiles of queries: ${queryLen}`,
    sizes: { batch: 1, queryLen, keyLen: 5, numHeads: 2, headDim: 6, valueHeadDim: 4 },
  })),
  ...[31, 32, 33, 63, 64, 65, 95, 96, 97, 128, 129, 191, 192, 193].map((keyLen) => ({
    why: `around tiles of keys: ${keyLen}`,
    sizes: { batch: 1, queryLen: 6, keyLen, numHeads: 2, headDim: 5, valueHeadDim: 7 },
  })),
  {
    why: "primes, several tiles both ways",
    sizes: { batch: 1, queryLen: 139, keyLen: 211, numHeads: 2, headDim: 11, valueHeadDim: 13 },
  },
  {
    why: "several tasks",
    sizes: { batch: 2, queryLen: 151, keyLen: 163, numHeads: 3, headDim: 37, valueHeadDim: 33 },
    spreads: true,
  },
  {
    why: "several tasks, causal",
    sizes: { batch: 2, queryLen: 157, keyLen: 157, numHeads: 3, headDim: 32, causal: true },
    spreads: true,
  },
];

const heads: readonly AttentionCase[] = [
  { why: "two query heads to a key head", sizes: { ...small, numHeads: 6, numKvHeads: 3 } },
  { why: "one key head for all", sizes: { ...small, numHeads: 5, numKvHeads: 1 } },
  { why: "grouped, several tiles", sizes: { ...tiles, numHeads: 4, numKvHeads: 2 } },
  { why: "slices of one packed projection", sizes: { ...small, queryLen: 11, valueHeadDim: 5, ...strides(45, 45, 45) } },
  { why: "slices, several tiles", sizes: { ...tiles, queryLen: 131, numHeads: 2, valueHeadDim: 6, ...strides(36, 36, 36) } },
  { why: "key and value packed", sizes: { ...small, ...strides(15, 33, 33) } },
  {
    why: "slices, grouped heads, values of another width",
    sizes: { ...small, queryLen: 11, numHeads: 4, numKvHeads: 2, ...strides(42, 42, 42) },
  },
];

function strides(queryStride: number, keyStride: number, valueStride: number) {
  return { queryStride, keyStride, valueStride };
}

const masks: readonly AttentionCase[] = [
  ...[0, 4, -3, 100, -100].map((causalOffset) => ({
    why: `causal, offset ${causalOffset}`,
    sizes: { ...small, causal: true, causalOffset },
  })),
  ...[0, 64, -70].map((causalOffset) => ({
    why: `causal over tiles, offset ${causalOffset}`,
    sizes: { ...tiles, causal: true, causalOffset },
  })),
  ...[0, 1, 3, 100].map((window) => ({ why: `window ${window}`, sizes: { ...small, window } })),
  ...[0, 1, 3].map((window) => ({ why: `causal, window ${window}`, sizes: { ...small, causal: true, causalOffset: 2, window } })),
  { why: "without causal an offset moves no window", sizes: { ...small, window: 1, causalOffset: 3 } },
  { why: "window over tiles", sizes: { ...tiles, window: 5 } },
  { why: "causal window over tiles", sizes: { ...tiles, causal: true, causalOffset: 60, window: 33 } },
  {
    why: "key lengths: all, none, one",
    sizes: { ...small, batch: 3 },
    given: ["keyLengths"],
    fill: { keyLengths: cycle(11, 0, 1) },
  },
  {
    why: "key lengths over tiles",
    sizes: { ...tiles, batch: 4 },
    given: ["keyLengths"],
    fill: { keyLengths: cycle(64, 65, 131, 3) },
  },
  { why: "causal and key lengths", sizes: { ...small, causal: true }, given: ["keyLengths"], fill: { keyLengths: cycle(3, 9) } },
  ...[1, 4, 100].map((sinks) => ({
    why: `causal, window 2, sinks ${sinks}`,
    sizes: { ...small, causal: true, window: 2, sinks },
  })),
  { why: "window and sinks over tiles", sizes: { ...tiles, window: 9, sinks: 3 } },
  { why: "sinks in the second tile of keys too", sizes: { ...tiles, causal: true, causalOffset: 64, window: 3, sinks: 70 } },
  { why: "ranges of all items", sizes: small, given: ["ranges"], fill: { ranges: documents(7, [3, 8], 11) } },
  {
    why: "ranges of each item, one of them empty, one beyond the keys",
    sizes: { ...small, rangesBatch: 2 },
    given: ["ranges"],
    fill: { ranges: cycle(0, 4, 3, 3, 5, 99, -2, 6, 7, 2) },
  },
  { why: "ranges over tiles", sizes: tiles, given: ["ranges"], fill: { ranges: documents(67, [1, 30, 90, 128], 131) } },
  {
    why: "ranges, causal, window, sinks and lengths over tiles",
    sizes: { ...tiles, batch: 2, causal: true, causalOffset: 50, window: 20, sinks: 2 },
    given: ["ranges", "keyLengths"],
    fill: { ranges: documents(67, [40, 100], 131), keyLengths: cycle(131, 77) },
  },
  { why: "slopes", sizes: { ...small, slopeOffset: 4 }, given: ["slopes"] },
  {
    why: "slopes over tiles, causal",
    sizes: { ...tiles, numHeads: 2, causal: true, slopeOffset: 64, causalOffset: 64 },
    given: ["slopes"],
  },
  {
    why: "slopes, softcap, bias and keep",
    sizes: { ...small, softcap: 2, biasHeads: 3, keepQueries: 7 },
    given: ["slopes", "bias", "keep"],
  },
  ...shapes().map(([b, h, q]) => ({
    why: `keep [${b}, ${h}, ${q}, keyLen]`,
    sizes: { ...small, keepBatch: b, keepHeads: h, keepQueries: q },
    given: ["keep"] as const,
  })),
  ...shapes().map(([b, h, q]) => ({
    why: `bias [${b}, ${h}, ${q}, keyLen]`,
    sizes: { ...small, biasBatch: b, biasHeads: h, biasQueries: q },
    given: ["bias"] as const,
  })),
  { why: "keep nothing", sizes: { ...small, keepQueries: 7 }, given: ["keep"], fill: { keep: constant(0) } },
  {
    why: "keep over tiles, some of them empty",
    sizes: { ...tiles, keepQueries: 67 },
    given: ["keep"],
    fill: {
      keep: ({ index, rng }) => (index % 131 < 70 && index < 50 * 131 ? 0 : flags(0.5)({ index, rng, length: 0, dims: {} })),
    },
  },
  { why: "bias over tiles", sizes: { ...tiles, biasQueries: 67 }, given: ["bias"] },
  {
    why: "bias −∞ masks, a whole row of it too",
    sizes: { ...small, biasQueries: 7 },
    given: ["bias"],
    fill: { bias: withAt(normal(), infiniteBias()) },
  },
  {
    why: "everything at once",
    sizes: {
      ...small,
      numHeads: 4,
      numKvHeads: 2,
      keepBatch: 2,
      keepQueries: 7,
      biasHeads: 4,
      biasQueries: 7,
      causal: true,
      causalOffset: 4,
      window: 6,
      softcap: 3,
      dropout: 0.25,
      dropoutKey: 9,
    },
    given: ["keyLengths", "keep", "bias"],
    fill: { keyLengths: cycle(11, 8) },
  },
  {
    why: "everything at once, over tiles",
    sizes: {
      ...tiles,
      numHeads: 4,
      numKvHeads: 2,
      keepQueries: 67,
      biasHeads: 4,
      causal: true,
      causalOffset: 70,
      window: 80,
      softcap: 5,
      dropout: 0.125,
      dropoutKey: -9,
    },
    given: ["keyLengths", "keep", "bias"],
    fill: { keyLengths: cycle(120) },
  },
];

/** The keys are documents that end at `ends` and at `keyLen`; query i sees the one that holds key i · keyLen / queryLen. */
function documents(queryLen: number, ends: readonly number[], keyLen: number): Fill {
  const bounds = [0, ...ends, keyLen];
  return ({ index }) => {
    const key = Math.floor(((Math.floor(index / 2) % queryLen) * keyLen) / queryLen);
    const document = bounds.findLastIndex((start) => start <= key);
    return bounds[document + (index % 2)]!;
  };
}

/** Every broadcast over items, heads and queries of `small`. */
function shapes(): [number, number, number][] {
  return [1, 2].flatMap((b) => [1, 3].flatMap((h) => [1, 7].map((q): [number, number, number] => [b, h, q])));
}

/** Row 2 whole, and a few cells. */
function infiniteBias(): Record<number, number> {
  return Object.fromEntries([0, 5, 12, 60, ...Array.from({ length: 11 }, (_, j) => 22 + j)].map((at) => [at, -Infinity]));
}

const scores: readonly AttentionCase[] = [
  { why: "scores near 100", sizes: many, fill: { query: normal(6), key: normal(6) } },
  {
    why: "scores near 1,000: one weight is nearly 1",
    sizes: many,
    fill: { query: normal(20), key: normal(20) },
  },
  { why: "largest score in the last tile", sizes: tiles, fill: { key: ({ index, rng }) => rng.normal() * (1 + index / 100) } },
  { why: "equal scores: weights 1/keyLen", sizes: { ...small, keyLen: 13 }, fill: { query: constant(0) } },
  { why: "constant values come out as they are", sizes: tiles, fill: { value: constant(-3.25) } },
  { why: "values of 1e4", sizes: small, fill: { value: normal(1, 1e4) } },
  { why: "negative scale", sizes: { ...small, scale: -0.75 } },
  { why: "scale 0", sizes: { ...small, scale: 0 } },
  { why: "softcap", sizes: { ...small, softcap: Math.fround(1.7) }, fill: { query: normal(2), key: normal(2) } },
  { why: "softcap over tiles, saturated", sizes: { ...tiles, softcap: 20 }, fill: { query: normal(6), key: normal(6) } },
  { why: "large bias", sizes: { ...many, biasHeads: 3 }, given: ["bias"], fill: { bias: normal(100) } },
  { why: "dropout", sizes: { ...small, dropout: Math.fround(0.1), dropoutKey: 77 } },
  { why: "dropout over tiles", sizes: { ...tiles, batch: 2, numHeads: 2, dropout: 0.5, dropoutKey: -3 } },
  { why: "dropout of everything", sizes: { ...small, dropout: 1, dropoutKey: 1 } },
  {
    why: "dropout, causal, grouped",
    sizes: { ...small, numHeads: 4, numKvHeads: 2, causal: true, dropout: 0.25, dropoutKey: 5 },
  },
];

/** Cells that nobody sees may hold anything: keys 8 to 10 of the only item. */
const poisoned: readonly AttentionCase[] = [Number.NaN, Infinity, -Infinity, 1e38].map((poison) => ({
  why: `${poison} in keys and values beyond the length`,
  sizes: { ...small, batch: 1 },
  given: ["keyLengths"],
  fill: {
    keyLengths: constant(8),
    key: ({ index, rng }) => (index >= 8 * 15 ? poison : rng.normal()),
    value: ({ index, rng }) => (index >= 8 * 18 ? poison : rng.normal()),
  },
}));

export const attentionShapes: readonly AttentionCase[] = [...sizes, ...heads, ...masks, ...scores, ...poisoned];

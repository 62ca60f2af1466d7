import { attentionDims, packedDims } from "../../../test/harness/attention.ts";
import { reference } from "../../../ts/reference/index.ts";
import type { RivalCase } from "../case.ts";
import type { Inputs } from "../inputs.ts";
import type { Expected } from "./expected.ts";

type Attention = RivalCase & { op: "attention" };

/** Positions next to each other that are looked at, so often: at the start, in the middle and at the end. */
const SPAN = 6;

/** One head of one item, its tokens next to each other. */
interface Head {
  query: Float64Array;
  key: Float64Array;
  value: Float64Array;
  dOut: Float64Array;
  /** Where element `d` of a position is in the whole. */
  at(position: number, d: number): number;
}

/** Few queries of the first and the last head; for backward few gradients of the last head, each over the whole length. */
export function expectedAttention(each: Attention, inputs: Inputs): Expected {
  const last = headOf(each, inputs, each.batch - 1, each.numHeads - 1);
  const found = new Found(each.headDim);
  for (const head of [headOf(each, inputs, 0, 0), last])
    for (const start of starts(each)) found.add("out", head, start, forward(each, head, start, SPAN).out);
  if (each.backward) addGradients(each, last, found);
  return found.expected();
}

const starts = ({ seqLen }: Attention): number[] => [0, Math.floor((seqLen - SPAN) / 2), seqLen - SPAN];

function addGradients(each: Attention, head: Head, found: Found): void {
  const { seqLen, headDim } = each;
  const whole = forward(each, head, 0, seqLen);
  const all = { start: 0, count: seqLen };
  for (const start of starts(each)) {
    const some = { start, count: SPAN };
    const byQuery = backward(each, head, whole, some, all);
    found.add("dQuery", head, start, byQuery.subarray(0, SPAN * headDim));
    const byKey = backward(each, head, whole, all, some).subarray(seqLen * headDim);
    found.add("dKey", head, start, byKey.subarray(0, SPAN * headDim));
    found.add("dValue", head, start, byKey.subarray(SPAN * headDim));
  }
}

interface Saved {
  out: Float64Array;
  lse: Float64Array;
}

function forward({ seqLen, headDim, causal }: Attention, head: Head, start: number, count: number): Saved {
  const saved = { out: new Float64Array(count * headDim), lse: new Float64Array(count) };
  const sizes = { batch: 1, numHeads: 1, headDim, queryLen: count, keyLen: seqLen, causal, causalOffset: start };
  const query = head.query.subarray(start * headDim, (start + count) * headDim);
  reference.attentionForward({ query, key: head.key, value: head.value, ...saved, ...exactDims(sizes) });
  return saved;
}

interface Span {
  start: number;
  count: number;
}

/** The gradients of these queries, keys and values, one after the other. */
function backward({ headDim, causal }: Attention, head: Head, { out, lse }: Saved, queries: Span, keys: Span): Float64Array {
  const causalOffset = queries.start - keys.start;
  const sizes = { batch: 1, numHeads: 1, headDim, queryLen: queries.count, keyLen: keys.count, causal, causalOffset };
  const dims = exactDims(sizes);
  const packed = packedDims(dims);
  const dPacked = new Float64Array(packed.dPackedLen);
  const part = (values: Float64Array, { start, count }: Span, width = headDim) =>
    values.subarray(start * width, (start + count) * width);
  const [key, value] = [part(head.key, keys), part(head.value, keys)];
  const [query, dOut] = [part(head.query, queries), part(head.dOut, queries)];
  const saved = { out: part(out, queries), lse: part(lse, queries, 1) };
  reference.attentionBackward({ query, key, value, dOut, ...saved, dPacked, ...dims, ...packed });
  return dPacked;
}

/** Not rounded to float32, as the kernels' own scale is. */
const exactDims = (sizes: Parameters<typeof attentionDims>[0]) =>
  attentionDims({ ...sizes, scale: 1 / Math.sqrt(sizes.headDim) });

function headOf({ seqLen, numHeads, headDim }: Attention, inputs: Inputs, item: number, head: number): Head {
  const at = (position: number, d: number) => ((item * seqLen + position) * numHeads + head) * headDim + d;
  const gathered = (name: string) =>
    Float64Array.from({ length: seqLen * headDim }, (_, i) => inputs[name]?.[at(Math.floor(i / headDim), i % headDim)] ?? 0);
  return { query: gathered("query"), key: gathered("key"), value: gathered("value"), dOut: gathered("dOut"), at };
}

class Found {
  readonly #headDim: number;
  readonly #results = new Map<string, { picks: number[]; values: number[] }>();

  constructor(headDim: number) {
    this.#headDim = headDim;
  }

  /** `values` are of the positions from `start` on. */
  add(name: string, { at }: Head, start: number, values: Float64Array): void {
    const result = this.#results.get(name) ?? { picks: [], values: [] };
    this.#results.set(name, result);
    values.forEach((value, i) => {
      result.picks.push(at(start + Math.floor(i / this.#headDim), i % this.#headDim));
      result.values.push(value);
    });
  }

  expected(): Expected {
    return Object.fromEntries(
      [...this.#results].map(([name, { picks, values }]) => [name, { picks, values: Float64Array.from(values) }]),
    );
  }
}

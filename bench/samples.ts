/**
 * A part of a problem that the reference can solve in a second, exactly: some rows of a product, some queries or some keys of one head.
 * Where the whole is quick enough, the whole.
 */
import { attentionDims, packedDims } from "../test/harness/attention.ts";
import type { Problem } from "../test/harness/problem.ts";
import { emptyValues } from "./draw.ts";
import { workOf } from "./work.ts";

export interface Sample {
  problem: Problem;
  /** For each buffer, the element of the whole that each of its own is; −1 for a result that is only a part of the sum. Left out: all. */
  pick?: Record<string, Int32Array>;
}

/** More floating-point operations than this take plain TypeScript over a second. */
const AFFORDABLE = 3e8;
const SAMPLE = 6e7;

export function samplesOf(problem: Problem): readonly Sample[] {
  const { flops } = workOf(problem);
  if (flops <= AFFORDABLE) return [{ problem }];
  if (problem.kernel === "matmul") return [rowsOf(problem, SAMPLE / flops)];
  return headSamples(problem);
}

/** How much of the work of `problems` their samples are. */
export function shareOf(problems: readonly Problem[], samples: readonly (readonly Sample[])[]): number {
  const flops = (all: readonly Problem[]) => all.reduce((sum, problem) => sum + workOf(problem).flops, 0);
  const whole = flops(problems);
  return whole === 0 ? 1 : flops(samples.flat().map(({ problem }) => problem)) / whole;
}

/** Rows of `out` from the first to the last, evenly spread. */
function rowsOf(problem: Problem, share: number): Sample {
  const { m, n, k, transposeA } = problem.dims as { m: number; n: number; k: number; transposeA: number };
  const count = Math.max(2, Math.floor(share * m));
  const row = (i: number) => Math.round((i * (m - 1)) / (count - 1));
  const a = transposeA
    ? indices(count * k, (i) => Math.floor(i / count) * m + row(i % count))
    : indices(count * k, (i) => row(Math.floor(i / k)) * k + (i % k));
  const out = indices(count * n, (i) => row(Math.floor(i / n)) * n + (i % n));
  return take(problem, { m: count }, { a, out });
}

interface Span {
  batch: number;
  head: number;
  queries: [start: number, count: number];
  keys: [start: number, count: number];
}

/** Few queries with all keys; in backward also few keys with all queries, as that is what their gradients sum over. */
function headSamples(problem: Problem): Sample[] {
  const { batch, numHeads, queryLen, keyLen } = problem.dims as Record<string, number>;
  const count = Math.min(16, queryLen!, keyLen!);
  const all: [number, number] = [0, keyLen!];
  const some = [0, Math.floor((queryLen! - count) / 2), queryLen! - count];
  return some.flatMap((start, i) => {
    const place = i === 0 ? { batch: 0, head: 0 } : { batch: batch! - 1, head: numHeads! - 1 };
    const byQuery = head(problem, { ...place, queries: [start, count], keys: all });
    if (problem.kernel !== "attentionBackward") return [byQuery];
    return [byQuery, head(problem, { ...place, queries: [0, queryLen!], keys: [start, count] })];
  });
}

/** One head of unmasked or causal attention whose tokens are `numHeads · headDim` apart, as all of `shapes.ts` are. */
function head(problem: Problem, { batch, head, queries, keys }: Span): Sample {
  const { numHeads, queryLen, keyLen, headDim, causalOffset } = problem.dims as Record<string, number>;
  const at =
    (length: number, [start]: readonly [number, number]) =>
    (i: number) =>
      ((batch * length + start + Math.floor(i / headDim!)) * numHeads! + head) * headDim! + (i % headDim!);
  const ofQuery = indices(queries[1] * headDim!, at(queryLen!, queries));
  const ofKey = indices(keys[1] * headDim!, at(keyLen!, keys));
  const lse = indices(queries[1], (i) => (batch * numHeads! + head) * queryLen! + queries[0] + i);
  const sizes = { batch: 1, numHeads: 1, headDim: headDim!, queryLen: queries[1], keyLen: keys[1] };
  const dims = attentionDims({
    ...sizes,
    causal: problem.each.dims.causal === true,
    causalOffset: causalOffset! + queries[0] - keys[0],
  });
  const pick = { query: ofQuery, key: ofKey, value: ofKey, out: ofQuery, dOut: ofQuery, lse };
  if (problem.kernel !== "attentionBackward") return take(problem, { ...dims }, pick);
  const packed = packedDims(dims);
  const dPacked = new Int32Array(packed.dPackedLen).fill(-1);
  const { dQueryOffset, dKeyOffset, dValueOffset } = problem.dims as Record<string, number>;
  if (keys[1] === keyLen) dPacked.set(shifted(ofQuery, dQueryOffset!), packed.dQueryOffset);
  if (queries[1] === queryLen) {
    dPacked.set(shifted(ofKey, dKeyOffset!), packed.dKeyOffset);
    dPacked.set(shifted(ofKey, dValueOffset!), packed.dValueOffset);
  }
  return take(problem, { ...dims, ...packed }, { ...pick, dPacked });
}

const indices = (length: number, at: (i: number) => number): Int32Array => Int32Array.from({ length }, (_, i) => at(i));
const shifted = (picked: Int32Array, by: number): Int32Array => picked.map((index) => index + by);

/** The problem with other dims, its inputs gathered by `pick`; a buffer that `pick` leaves out is taken whole. */
function take(whole: Problem, changed: Record<string, number | boolean>, pick: Record<string, Int32Array>): Sample {
  const buffers = whole.buffers.map((buffer) => {
    const picked = pick[buffer.arg.name];
    if (!picked) return buffer;
    const values = buffer.values && emptyValues(buffer.dtype, picked.length);
    if (values) for (let i = 0; i < picked.length; i++) values[i] = buffer.values![picked[i]!]!;
    return { ...buffer, length: picked.length, values };
  });
  const numbers = Object.fromEntries(Object.entries(changed).map(([name, value]) => [name, Number(value)]));
  const each = { ...whole.each, dims: { ...whole.each.dims, ...changed } };
  return { problem: { ...whole, each, dims: { ...whole.dims, ...numbers }, buffers }, pick };
}

import type { Bound, Tolerance } from "../cases/types.ts";
import { casesOf, type Problem } from "./problem.ts";

/** Worst difference from the reference, as a share of what is allowed: 1 is the edge. */
export interface Comparison {
  share: number;
  /** What is wrong, in one line; null if all is well. */
  wrong: string | null;
}

/** One written buffer of a kernel against the reference, by the rule of `Bound`. */
export function compare(
  problem: Problem,
  name: string,
  actual: Float32Array,
  expected: Float64Array,
  naive: Float32Array,
): Comparison {
  const { kernel, each, dims } = problem;
  const { tolerance: usual, part } = casesOf(kernel);
  const tolerance = each.tolerance?.[name] ?? usual[name];
  if (!tolerance) throw new Error(`test/cases.ts: ${kernel} has no tolerance for ${name}`);
  const parts = new Map<string, number[]>();
  for (let i = 0; i < expected.length; i++) {
    const key = part ? part(name, i, dims) : name;
    const indices = parts.get(key);
    if (indices) indices.push(i);
    else parts.set(key, [i]);
  }
  const results = [...parts].map(([key, indices]) => comparePart(key, indices, actual, expected, naive, tolerance));
  return { share: Math.max(0, ...results.map(({ share }) => share)), wrong: results.find(({ wrong }) => wrong)?.wrong ?? null };
}

function comparePart(
  name: string,
  indices: number[],
  actual: Float32Array,
  expected: Float64Array,
  naive: Float32Array,
  tolerance: Tolerance,
): Comparison {
  const allowed = tolerance === "exact" ? 0 : allowedBy(tolerance, indices, expected, naive);
  const result: Comparison = { share: 0, wrong: null };
  for (const i of indices) {
    const got = actual[i]!;
    const want = expected[i]!;
    const rounded = Math.fround(want);
    const difference = Math.abs(got - want);
    const well =
      !Number.isFinite(rounded) || tolerance === "exact"
        ? Object.is(got, rounded) || (got === 0 && rounded === 0)
        : difference <= allowed && (want !== 0 || tolerance.zeros !== "exact" || got === 0);
    const share = well ? (allowed > 0 && Number.isFinite(rounded) ? difference / allowed : 0) : Infinity;
    if (share <= result.share) continue;
    result.share = share;
    if (!well) result.wrong ??= `${name}[${i}] is ${got}, the reference says ${want}: ${difference} apart, allowed is ${allowed}`;
  }
  return result;
}

/** `max(factor · the error of plain float32 loops, absolute + relative · the largest result)`. */
function allowedBy(
  { factor, absolute = 0, relative = 0 }: Bound,
  indices: number[],
  expected: Float64Array,
  naive: Float32Array,
): number {
  let largest = 0;
  let plain = 0;
  for (const i of indices) {
    if (!Number.isFinite(expected[i]!)) continue;
    largest = Math.max(largest, Math.abs(expected[i]!));
    const error = Math.abs(naive[i]! - expected[i]!);
    if (Number.isFinite(error)) plain = Math.max(plain, error);
  }
  return Math.max(factor * plain, absolute + relative * largest);
}

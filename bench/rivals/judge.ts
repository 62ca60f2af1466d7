import type { Expected } from "./expected/expected.ts";
import type { Answer } from "./messages.ts";

export interface Verdict {
  /** The largest difference from float64 among the elements looked at, as a share of the result's largest. */
  error: number;
  /** What is wrong; null if nothing is. */
  wrong: string | null;
}

/**
 * For any library in float32, whatever its order of sums: 2e-6 is the most that one of them was off, in losses that two updates had moved
 * 7e-6 (2026-11-25).
 */
const TOLERANCE = 1e-4;

export function judge(expected: Expected, answer: Answer & { kind: "result" }): Verdict {
  const verdict: Verdict = { error: 0, wrong: answer.finite ? null : "not all of it is finite" };
  for (const [name, { picks, values }] of Object.entries(expected)) {
    const got = answer.values[name]!;
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    values.forEach((want, i) => {
      const value = got[i];
      const error = typeof value === "number" ? Math.abs(value - want) / largest : Number.POSITIVE_INFINITY;
      verdict.error = Math.max(verdict.error, error);
      if (error > TOLERANCE) verdict.wrong ??= `${name}[${picks[i]}] is ${value}, float64 says ${want}`;
    });
  }
  return verdict;
}

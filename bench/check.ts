import { compare } from "../test/harness/compare.ts";
import { type Problem, solve } from "../test/harness/problem.ts";
import { samplesOf } from "./samples.ts";
import { viewOf, type WasmCall } from "./wasmCall.ts";

/** What is wrong with a kernel's results, held against the float64 reference at the tests' tolerances; null if nothing is. */
export function check(problem: Problem, { buffers }: WasmCall): string | null {
  for (const { problem: part, pick } of samplesOf(problem)) {
    const { expected, naive } = solve(part);
    for (const name of Object.keys(expected)) {
      const actual = Float32Array.from(viewOf(buffers[name]!));
      const picked = pick?.[name];
      const { wrong } = picked
        ? compare(part, name, gather(actual, picked), only(expected[name]!, picked), only(naive[name]!, picked))
        : compare(part, name, actual, expected[name]!, naive[name]!);
      if (wrong) return wrong;
    }
  }
  return null;
}

const gather = (from: Float32Array, picked: Int32Array): Float32Array =>
  Float32Array.from(picked, (index) => (index < 0 ? Number.NaN : from[index]!));

/** NaN where nothing is to be compared, as in `gather`: the two agree there. */
function only<T extends Float32Array | Float64Array>(values: T, picked: Int32Array): T {
  picked.forEach((index, i) => {
    if (index < 0) values[i] = Number.NaN;
  });
  return values;
}

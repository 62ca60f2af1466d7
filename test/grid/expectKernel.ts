import { expect } from "vitest";
import type { KernelName } from "../../ts/runtime/kernels.gen.ts";
import type { Case } from "../cases/types.ts";
import { compare } from "../harness/compare.ts";
import { runGuarded } from "../harness/guarded.ts";
import { type AnyCase, createProblem, solve } from "../harness/problem.ts";

/** One more case of a kernel, by the rule and the tolerances that its own cases go by. */
export function expectKernel<K extends KernelName>(kernel: K, each: Case<K>): void {
  const problem = createProblem(kernel, each as unknown as AnyCase);
  const { expected, naive } = solve(problem);
  for (const [name, values] of Object.entries(runGuarded(problem))) {
    const { wrong } = compare(problem, name, values, expected[name]!, naive[name]!);
    if (wrong) expect.fail(`${kernel}, ${each.why}: ${wrong}\n  ${JSON.stringify(each.dims)}`);
  }
}

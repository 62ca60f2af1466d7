import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dispose, init } from "../../ts/runtime/index.ts";
import type { KernelName } from "../../ts/runtime/kernels.gen.ts";
import { compare } from "../harness/compare.ts";
import { runGuarded } from "../harness/guarded.ts";
import { type AnyCase, casesOf, createProblem, kernelNames, type Problem, solve } from "../harness/problem.ts";
import { configurations } from "../harness/variants.ts";

interface Solved extends ReturnType<typeof solve> {
  problem: Problem;
}

// The reference is slow and the same for every variant: each case is solved once.
const solved = new Map<AnyCase, Solved>();

function solutionOf(kernel: KernelName, each: AnyCase): Solved {
  let solution = solved.get(each);
  if (!solution) {
    const problem = createProblem(kernel, each);
    solution = { problem, ...solve(problem) };
    solved.set(each, solution);
  }
  return solution;
}

describe.each(configurations())("$variant, threads: $threads", (configuration) => {
  beforeAll(async () => {
    const runtime = await init(configuration);
    expect(runtime.variant.name).toBe(configuration.variant);
    expect(runtime.threads.count).toBe(configuration.threads);
  });
  afterAll(() => dispose());

  describe.each(kernelNames)("%s", (kernel) => {
    test.each(casesOf(kernel).cases)("$why", (each) => {
      const { problem, expected, naive } = solutionOf(kernel, each);
      const actual = runGuarded(problem);
      expect(Object.keys(actual).length).toBeGreaterThan(0);
      for (const [name, values] of Object.entries(actual)) {
        const { wrong } = compare(problem, name, values, expected[name]!, naive[name]!);
        if (wrong) expect.fail(`${kernel}, ${each.why}: ${wrong}\n  ${JSON.stringify(each.dims)}`);
      }
    });
  });
});

test("no case appears twice, so that a name finds one", () => {
  for (const kernel of kernelNames) {
    const names = casesOf(kernel).cases.map(({ why }) => why);
    expect(new Set(names).size, kernel).toBe(names.length);
  }
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binding } from "../../ts/runtime/binding.ts";
import { dispose, init } from "../../ts/runtime/index.ts";
import * as kernels from "../../ts/runtime/kernels.gen.ts";
import { ones, zeros } from "../../ts/tensor/create.ts";
import { runGuarded } from "../harness/guarded.ts";
import { type AnyCase, casesOf, createProblem, kernelNames, type Problem } from "../harness/problem.ts";
import { configurations } from "../harness/variants.ts";

const REPEATS = 5; // a race would have to lose every time

const problems = new Map<AnyCase, Problem>();
const spreading = kernelNames.flatMap((kernel) =>
  casesOf(kernel)
    .cases.filter(({ spreads }) => spreads)
    .map((each) => ({ kernel, each, name: `${kernel}: ${each.why}` })),
);

/** What one thread computed, by variant and case: the bits that more threads must give too. */
const alone = new Map<string, Record<string, Float32Array>>();

describe.each(configurations().filter(({ variant }) => variant.endsWith("threads")))(
  "$variant, threads: $threads",
  (configuration) => {
    beforeAll(async () => {
      const runtime = await init(configuration);
      expect(runtime.threads.count).toBe(configuration.threads);
    });
    afterAll(() => dispose());

    test.each(spreading)("$name", ({ kernel, each, name }) => {
      if (!problems.has(each)) problems.set(each, createProblem(kernel, each));
      const before = binding.exports.pool_jobs!();
      const key = `${configuration.variant}: ${name}`;
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        const actual = runGuarded(problems.get(each)!);
        if (!alone.has(key)) alone.set(key, actual);
        for (const [buffer, values] of Object.entries(actual))
          expectSameBits(`${name}, ${buffer}`, values, alone.get(key)![buffer]!);
      }
      const jobs = binding.exports.pool_jobs!() - before;
      if (configuration.threads === 1) expect(jobs, "jobs shared with nobody").toBe(0);
      else expect(jobs, "jobs that workers took part in").toBeGreaterThanOrEqual(REPEATS);
    });
  },
);

describe.each(configurations().filter(({ threads }) => threads > 1))("$variant, threads: $threads", (configuration) => {
  beforeAll(async () => {
    await init(configuration);
  });
  afterAll(() => dispose());

  // What a worker writes late is written when this has looked long ago: half a millisecond a task, and nothing between the call and the look.
  test("matmul: a call returns when every worker has left it", async () => {
    const [m, n, k] = [200, 512, 512];
    const [a, b, out] = [ones([m, k]), ones([k, n]), zeros([m, n])];
    const sizes = { batch: 1, aBatch: 1, bBatch: 1, m, n, k, transposeA: false, transposeB: false, activation: 0 };
    for (let repeat = 0; repeat < 4 * REPEATS; repeat++) {
      out.view().fill(-1);
      kernels.matmul({ a, b, out, ...sizes });
      const then = out.toArray() as Float32Array;
      await new Promise((resolve) => setTimeout(resolve, 3));
      expectSameBits("what was there when the call returned", then, out.toArray() as Float32Array);
    }
    for (const tensor of [a, b, out]) tensor.dispose();
  });
});

test("every kernel has a case that spreads", () => {
  expect(kernelNames.filter((kernel) => !spreading.some((each) => each.kernel === kernel))).toEqual([]);
});

function expectSameBits(what: string, actual: Float32Array, expected: Float32Array): void {
  const [a, b] = [new Int32Array(actual.buffer), new Int32Array(expected.buffer)];
  const different = a.findIndex((bits, i) => bits !== b[i]);
  if (different >= 0) expect.fail(`${what}[${different}] is ${actual[different]}, expected ${expected[different]}`);
}

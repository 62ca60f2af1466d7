import { afterAll, beforeAll, expect, test } from "vitest";
import { check } from "../../bench/check.ts";
import { draw } from "../../bench/draw.ts";
import { kernelCases } from "../../bench/kernelCases.ts";
import { samplesOf } from "../../bench/samples.ts";
import { place } from "../../bench/wasmCall.ts";
import { dispose, heap, init } from "../../ts/runtime/index.ts";

beforeAll(() => init());
afterAll(() => dispose());

// The first and last element of a result are among the samples of every large case.
test.each([
  ["softmaxForward", {}, false],
  ["matmul 512³ NT", { m: 601 }, true],
  ["matmul 512³ TN", { m: 601 }, true],
  ["attentionForward L512", {}, true],
])("%s %o: a right answer passes, one wrong element does not", (name, changed, sampled) => {
  const found = kernelCases.find((candidate) => candidate.name === name)!;
  const each = { ...found, dims: { ...found.dims, ...changed } };
  const problem = draw(each.kernel, each);
  expect(samplesOf(problem)[0]!.problem !== problem).toBe(sampled);
  const call = place(problem);
  call.run();
  expect(check(problem, call)).toBeNull();
  const out = call.buffers.out!;
  for (const at of [0, out.length - 1]) {
    const values = heap.f32(out.ptr, out.length);
    const right = values[at]!;
    values[at] = right + 0.01;
    expect(check(problem, call)).toMatch(/^out\[\d+\] is /);
    values[at] = right;
  }
  call.free();
});

test("few queries and few keys of a head give every kind of gradient something to be held against", () => {
  const each = kernelCases.find(({ name }) => name === "attentionBackward L2048 causal")!;
  const problem = draw(each.kernel, each);
  const { dQueryOffset, dKeyOffset, dValueOffset, dPackedLen } = problem.dims as Record<string, number>;
  const judged = new Set(samplesOf(problem).flatMap(({ pick }) => [...pick!.dPacked!]));
  for (const [start, end] of [
    [dQueryOffset!, dKeyOffset!],
    [dKeyOffset!, dValueOffset!],
    [dValueOffset!, dPackedLen!],
  ] as const) {
    expect(judged.has(start)).toBe(true);
    expect(judged.has(end - 1)).toBe(true);
  }
});

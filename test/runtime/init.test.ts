import { afterEach, expect, it } from "vitest";
import { binding } from "../../ts/runtime/binding.ts";
import { dispose, heap, init, runtime } from "../../ts/runtime/index.ts";
import * as kernels from "../../ts/runtime/kernels.gen.ts";
import { tensor, zeros } from "../../ts/tensor/create.ts";
import { empty } from "../../ts/tensor/tensor.ts";
import { configurations } from "../harness/variants.ts";

afterEach(dispose);

it.each(configurations())("runs kernels: $variant, $threads threads", async ({ variant, threads }) => {
  await init({ variant, threads });
  expect(runtime.variant).toEqual({ name: variant, reason: "it was asked for" });
  expect(runtime.threads.count).toBe(threads);
  const n = 1 << 20;
  const [x, sum] = [zeros([n]), zeros([n])];
  x.view().forEach((_, i, view) => {
    view[i] = i;
  });
  kernels.accumulate({ x, sum, n });
  kernels.accumulate({ x, sum, n });
  expect(sum.view().every((value, i) => value === 2 * i)).toBe(true);
  if (threads > 1) expect(binding.exports.pool_jobs!()).toBeGreaterThan(0);
});

it("does not wait for workers nobody asked for, and takes them in when they are there", async () => {
  await init();
  const { count } = runtime.threads;
  while (runtime.threads.count === 1) await new Promise((next) => setTimeout(next, 1));
  expect([1, runtime.threads.count]).toContain(count);
  expect(runtime.threads.reason).toMatch(/^(this machine has|of \d+ cores)/);
});

it("is one runtime for all who ask", async () => {
  const [first, second] = await Promise.all([init({ variant: "simd" }), init({ variant: "simd" })]);
  expect(second).toBe(first);
  const kept = zeros([1]);
  await init();
  await init({ variant: "simd", threads: 1, deterministic: true });
  expect(kept.alive).toBe(true);
});

it("refuses other options than it runs with", async () => {
  await init({ variant: "simd" });
  await expect(init({ threads: 2 })).rejects.toMatchObject({
    code: "STATE",
    message: "init: it runs with threads 1, got 2; await dispose() before starting with other options",
  });
  await expect(init({ variant: "simd-threads" })).rejects.toThrow("init: it runs with variant simd, got simd-threads");
  await expect(init({ memoryLimit: 1 << 26 })).rejects.toMatchObject({ code: "STATE" });
  await dispose();
  await init({ variant: "simd-threads", threads: 2 });
  expect(runtime.threads.count).toBe(2);
});

it("can be tried again after a refusal", async () => {
  await expect(init({ threads: 0 })).rejects.toMatchObject({ code: "RANGE" });
  await init({ threads: 1 });
  expect(runtime.threads.count).toBe(1);
});

it("says that nothing runs before init and after dispose", async () => {
  expect(() => runtime.variant).toThrow("runtime: nothing is running before init() and after dispose(); call await init() first");
  expect(() => zeros([1])).toThrow("memory: there is none before init() and after dispose(); call await init() first");
  expect(runtime.features.simd).toBe(true);
  await init({ variant: "simd" });
  const [x, out] = [zeros([1]), zeros([1])];
  await dispose();
  await dispose();
  expect(() => kernels.copy({ x, out, n: 1 })).toThrow(expect.objectContaining({ code: "STATE" }));
  expect(x.alive).toBe(false);
});

it("starts and ends again and again, also while starting", async () => {
  for (let i = 0; i < 20; i += 1) {
    const starting = init({ variant: "simd-threads", threads: 2 });
    if (i % 2 === 0) await starting;
    await dispose();
    await starting;
  }
  await init({ variant: "simd" });
  expect(runtime.memory.used).toBe(0);
});

it("keeps to its memory limit, and works on after it was reached", async () => {
  await init({ variant: "simd", memoryLimit: 16 << 20 });
  expect(runtime.memory.limit).toBe(16 << 20);
  expect(() => zeros([8 << 20])).toThrow(expect.objectContaining({ code: "OUT_OF_MEMORY" }));
  expect(runtime.memory.used).toBe(0);
  expect(tensor([1, 2]).toNested()).toEqual([1, 2]);
});

it("lends scratch only for the time of a call", async () => {
  await init({ variant: "simd" });
  const [m, n, k] = [33, 65, 17];
  const [a, b, out] = [zeros([m, k]), zeros([k, n]), empty([m, n])];
  const { used } = heap;
  const flags = { transposeA: false, transposeB: false, activation: 0 };
  kernels.matmul({ a, b, out, batch: 1, aBatch: 1, bBatch: 1, m, n, k, ...flags });
  expect(heap.used).toBe(used);
  expect(heap.peak).toBeGreaterThan(used);
  expect(out.view().every((value) => value === 0)).toBe(true);
});

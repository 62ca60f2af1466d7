import { afterEach, expect, it } from "vitest";
import { binding } from "../../ts/runtime/binding.ts";
import { dispose, FoveaError, init } from "../../ts/runtime/index.ts";
import * as kernels from "../../ts/runtime/kernels.gen.ts";
import { full, tensor, zeros } from "../../ts/tensor/create.ts";
import { empty } from "../../ts/tensor/tensor.ts";

afterEach(dispose);

/** Rows of a table by id; the kernel trusts the op to have checked the ids, so one outside the table makes it trap. */
function lookUp(badAt: number | null): Float32Array {
  const [count, vocab, cols] = [4096, 8, 256];
  const ids = full([count], 3, { dtype: "int32" });
  if (badAt !== null) ids.view()[badAt] = 1_000_000;
  const [weight, out] = [full([vocab, cols], 2), empty([count, cols])];
  kernels.embeddingForward({ ids, weight, out, count, vocab, cols });
  return out.view() as Float32Array;
}

// Which thread meets the bad id is up to chance: the caller or a worker. Either must end in the same typed error.
it.each([1, 2, 4])(
  "ends a kernel that traps with %s threads in a typed error, and starts afresh after dispose",
  async (threads) => {
    for (const badAt of [0, 1000, 2048, 4095]) {
      await init({ variant: "simd-threads", threads });
      expect(lookUp(null).every((value) => value === 2)).toBe(true);
      if (threads > 1) expect(binding.exports.pool_jobs!()).toBe(1);
      const started = performance.now();
      expect(() => lookUp(badAt)).toThrow(expect.objectContaining({ code: "WORKER_TRAP" }));
      expect(performance.now() - started).toBeLessThan(2000);
      expect(() => lookUp(null)).toThrow(expect.objectContaining({ code: "WORKER_TRAP" }));
      await dispose();
    }
  },
);

it("keeps the engine's own error as the cause when the calling thread traps", async () => {
  await init({ variant: "simd" });
  let error: unknown;
  try {
    lookUp(7);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(FoveaError);
  expect((error as FoveaError).cause).toBeInstanceOf(WebAssembly.RuntimeError);
});

it("lets tensors be read after a trap, so that what matters can be saved", async () => {
  await init({ variant: "simd" });
  const weights = tensor([1, 2, 3]);
  expect(() => lookUp(7)).toThrow();
  expect(weights.toNested()).toEqual([1, 2, 3]);
  await dispose();
  await init({ variant: "simd" });
  expect(zeros([2]).toNested()).toEqual([0, 0]);
});

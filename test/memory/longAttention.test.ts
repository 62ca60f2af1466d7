import { afterAll, beforeAll, expect, test } from "vitest";
import { causal, dispose, init, type Mask, randn, runtime, scaledDotProductAttention, scope } from "../../ts/index.ts";
import { heap } from "../../ts/runtime/heap.ts";

const LENGTH = 16_384;
const HEAD_DIM = 8; // small, to be quick: the scores, which nobody may store, do not depend on it
const FLOATS = LENGTH * HEAD_DIM;
const MIB = 2 ** 20;

// Threads by number, so that they are all there before memory is read: each has scratch of its own.
beforeAll(() => init({ threads: 2 }));
afterAll(() => dispose());

test.each<[string, Mask | null]>([
  ["every key", null],
  ["causal", causal()],
])("attention of 16,384 tokens, forward and backward, costs little beyond its results: %s", (_, mask) => {
  scope(() => {
    const shape = [1, LENGTH, 1, HEAD_DIM];
    const leaf = () => randn(shape, { requiresGrad: true });
    const [query, key, value] = [leaf(), leaf(), leaf()];
    const dOut = randn(shape);
    const before = runtime.memory.used;
    heap.resetPeak();
    const { out } = scaledDotProductAttention(query, key, value, { mask });
    out.backward(dOut);
    const results = 4 * FLOATS * Float32Array.BYTES_PER_ELEMENT; // out and three gradients
    const extra = runtime.memory.peak - before - results;
    expect(extra).toBeLessThan(32 * MIB); // the scores alone would be 1 GiB
    for (const result of [out, query.grad!, key.grad!, value.grad!]) expect(result.view().every(Number.isFinite)).toBe(true);
  });
});

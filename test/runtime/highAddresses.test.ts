import { afterEach, expect, it } from "vitest";
import { scaledDotProductAttention } from "../../ts/ops/attention.ts";
import { layerNorm } from "../../ts/ops/layerNorm.ts";
import { linear } from "../../ts/ops/linear.ts";
import { causal } from "../../ts/ops/mask.ts";
import { dispose, heap, init } from "../../ts/runtime/index.ts";
import { ones, randn, zeros } from "../../ts/tensor/create.ts";
import { manualSeed } from "../../ts/tensor/rng.ts";
import { scope } from "../../ts/tensor/scope.ts";

const GIB = 2 ** 30;

afterEach(dispose);

/** A projection, attention and a norm, there and back: the bits of the result and of all gradients, and where memory stood. */
function compute(): { bits: Uint8Array[]; lowest: number } {
  return scope(() => {
    manualSeed(1);
    const leaves = [randn([2, 70, 64]), randn([64, 64]), ones([64]), zeros([64])];
    for (const leaf of leaves) leaf.requiresGrad = true;
    const [x, weight, scale, shift] = leaves as [(typeof leaves)[0], ...typeof leaves];
    const heads = linear(x, weight!).reshape([2, 70, 4, 16]);
    const { out } = scaledDotProductAttention(heads, heads, heads, { mask: causal() });
    const y = layerNorm(out.reshape([2, 70, 64]), scale!, shift!);
    y.backward(randn(y.shape));
    const tensors = [y, ...leaves.map((leaf) => leaf.grad!)];
    return {
      bits: tensors.map((tensor) => new Uint8Array(tensor.toArray().buffer)),
      lowest: Math.min(...tensors.map((tensor) => tensor.ptr)),
    };
  });
}

it.each([
  ["simd", 1, 2.2],
  ["simd", 1, 3.9],
  ["simd-threads", 2, 2.2],
  ["simd-threads", 2, 3.9],
] as const)("gives the same bits high in memory: %s, %s threads, above %s GiB", async (variant, threads, gib) => {
  await init({ variant, threads });
  const low = compute();
  heap.allocate(Math.floor(gib * GIB)); // never touched, so only address space
  const high = compute();
  expect(low.lowest).toBeLessThan(2 ** 31);
  expect(high.lowest).toBeGreaterThan(2 ** 31);
  expect(high.bits).toEqual(low.bits);
});

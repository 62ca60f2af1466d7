import { afterAll, beforeAll, expect, test } from "vitest";
import { dispose, init, Linear, randn, runtime, scope, sum, TransformerEncoderLayer } from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

test("a module made in a scope outlives it, with its gradients", () => {
  const linear = scope(() => new Linear(3, 2));
  scope(() => sum(linear.forward(randn([4, 3]))).backward());
  expect(linear.weight.alive).toBe(true);
  expect(linear.weight.grad!.shape).toEqual([2, 3]);
  linear.dispose();
});

test("dispose frees parameters and gradients", () => {
  const before = runtime.memory.used;
  const layer = new TransformerEncoderLayer(8, 2, { dimFeedforward: 16 });
  scope(() => sum(layer.forward(randn([2, 3, 8]))).backward());
  layer.dispose();
  expect(runtime.memory.used).toBe(before);
});

test("outside of a scope, forward leaves nothing behind but its result", () => {
  const layer = new TransformerEncoderLayer(8, 2, { dimFeedforward: 16, normFirst: true });
  const x = randn([2, 3, 8]);
  const before = runtime.memory.used;
  const { out, weights } = layer.eval().forward(x, { lengths: [3, 1], needWeights: true });
  out.dispose();
  weights.dispose();
  expect(runtime.memory.used).toBe(before);
});

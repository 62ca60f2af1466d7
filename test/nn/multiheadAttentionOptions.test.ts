import { afterAll, beforeAll, expect, test } from "vitest";
import { dispose, init, MultiheadAttention, manualSeed, multiply, randn, scope, sum, type Tensor } from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const [batch, seqLen, embedDim, numHeads] = [2, 5, 6, 4] as const;
const wide = { headDim: 3, valueHeadDim: 5, numKvHeads: 2, qkNorm: true };

test("heads of their own widths, shared keys and normalised queries: what the state holds", () => {
  const attention = new MultiheadAttention(embedDim, numHeads, wide);
  expect([...attention.stateDict()].map(([name, { shape }]) => [name, shape])).toEqual([
    ["q_proj_weight", [12, 6]],
    ["k_proj_weight", [6, 6]],
    ["v_proj_weight", [10, 6]],
    ["in_proj_bias", [28]],
    ["q_norm.weight", [3]],
    ["k_norm.weight", [3]],
    ["out_proj.weight", [6, 20]],
    ["out_proj.bias", [6]],
  ]);
  attention.dispose();
});

test("their gradients, by differences", () => {
  scope(() => {
    manualSeed(11);
    const attention = new MultiheadAttention(embedDim, numHeads, wide);
    const x = randn([batch, seqLen, embedDim], { requiresGrad: true });
    const weights = randn([batch, seqLen, embedDim]);
    const loss = (): Tensor => sum(multiply(attention.forward(x, x, x).out, weights));
    loss().backward();
    const step = 4e-3;
    for (const leaf of [x, ...attention.parameters()]) {
      const direction = randn(leaf.shape);
      const along = sum(multiply(leaf.grad!, direction)).item() as number;
      const original = leaf.toArray() as Float32Array;
      const at = (t: number) =>
        scope(() => {
          const moved = original.map((value, i) => value + t * (direction.view()[i] as number));
          leaf.view().set(moved);
          return loss().item() as number;
        });
      const difference = (at(step) - at(-step)) / (2 * step);
      leaf.view().set(original);
      expect(Math.abs(difference - along)).toBeLessThan(2e-3 * Math.max(1, Math.abs(along)));
    }
  });
});

test("every query head with a key head of its own is the plain module, whatever the names", () => {
  scope(() => {
    manualSeed(2);
    const plain = new MultiheadAttention(8, 2);
    const apart = new MultiheadAttention(8, 2, { valueHeadDim: 4, headDim: 4 });
    expect([...apart.stateDict().keys()]).toEqual([...plain.stateDict().keys()]);
    const x = randn([1, 3, 8]);
    apart.loadStateDict(plain.stateDict());
    expect(apart.forward(x, x, x).out.toArray()).toEqual(plain.forward(x, x, x).out.toArray());
  });
});

test.each<[string, object, string, string]>([
  [
    "numKvHeads that does not divide",
    { numKvHeads: 3, headDim: 2 },
    "SHAPE",
    "MultiheadAttention: numHeads must be a multiple of numKvHeads, got 4 and 3",
  ],
  ["no width", { headDim: 0 }, "RANGE", "MultiheadAttention: headDim must be a whole number of at least 1, got 0"],
  [
    "half a width",
    { headDim: 2, valueHeadDim: 1.5 },
    "RANGE",
    "MultiheadAttention: valueHeadDim must be a whole number of at least 1, got 1.5",
  ],
])("%s", (_, options, code, message) => {
  expect(() => new MultiheadAttention(embedDim, numHeads, options)).toThrow(expect.objectContaining({ code, message }));
});

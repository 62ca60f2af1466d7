import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../../ts/index.ts";
import * as fovea from "../../ts/index.ts";

const { randn, tensor, zeros } = fovea;

beforeAll(() => fovea.init({ threads: 1 }));
afterAll(() => fovea.dispose());

const flags = () => zeros([1, 1, 4, 4], { dtype: "bool" });

/** Ops that make something on the way, used outside of any scope. */
const ops: Record<string, (x: Tensor) => Tensor[]> = {
  linear: (x) => [fovea.linear(x, x, null, { activation: "gelu" })],
  layerNorm: (x) => [fovea.layerNorm(x)],
  glu: (x) => [fovea.glu(x), fovea.swiglu(x)],
  rmsNorm: (x) => [fovea.rmsNorm(x)],
  groupNorm: (x) => [fovea.groupNorm(x, zeros([4]), zeros([4]), { numGroups: 2 })],
  conv1d: (x) => [fovea.conv1d(x.reshape([2, 2, 4]), x.reshape([4, 1, 4]), zeros([4]), { groups: 2 })],
  "add, both expanded": (x) => [fovea.add(x.reshape([4, 1, 4]), x.reshape([1, 4, 4]))],
  mean: (x) => [fovea.mean(x), fovea.mean(x, { axis: 0 })],
  crossEntropy: (x) => [fovea.crossEntropy(x, tensor(Int32Array.of(0, 1, 2, 3)))],
  attention: (x) => {
    const heads = x.reshape([1, 4, 2, 2]);
    const mask = fovea.all(fovea.lengths([3]), fovea.drop(flags()), fovea.keep(flags()), fovea.bias(x));
    const { out, weights } = fovea.scaledDotProductAttention(heads, heads, heads, { mask, needWeights: true });
    return [out, weights!];
  },
};

describe("outside of a scope an op leaves nothing behind but its result", () => {
  test.each(Object.entries(ops))("%s", (_, run) => {
    const x = randn([4, 4], { requiresGrad: true });
    const used = () => fovea.runtime.memory.used;
    for (const gradients of [true, false]) {
      const before = used();
      // What the case itself makes is the scope's; the op's results are ours.
      const outs = fovea.scope(() => fovea.keepAlive(gradients ? run(x) : fovea.noGrad(() => run(x))));
      for (const out of outs) out.dispose();
      expect(used()).toBe(before);
    }
    x.dispose();
  });
});

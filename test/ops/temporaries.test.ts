import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../../ts/index.ts";
import * as fovea from "../../ts/index.ts";

const { randn, tensor, zeros } = fovea;

beforeAll(async () => {
  await fovea.init({ threads: 1 });
  shaw = fovea.shaw({ maxDistance: 2, values: true })({ embedDim: 2, numHeads: 1 });
  biases = [fovea.t5Bias(), fovea.shaw({ maxDistance: 1 }), fovea.xlRelative()].map((encoding) => encoding(dims));
  for (const { parameters = {} } of [shaw, ...biases]) for (const name in parameters) fovea.parameter(parameters[name]!);
});
afterAll(() => fovea.dispose());

const dims = { embedDim: 4, numHeads: 2 };
const rotary = fovea.rotary()({ embedDim: 8, numHeads: 1 });
let shaw: fovea.Positions;
let biases: readonly fovea.Positions[];

/** The tensor in what an encoding gives. */
function biasOf(mask: fovea.Mask): Tensor {
  if (mask.kind === "bias") return mask.bias;
  if (mask.kind === "all") return biasOf(mask.masks.at(-1)!);
  throw new Error(`no bias in a mask of kind ${mask.kind}`);
}

const flags = () => zeros([1, 1, 4, 4], { dtype: "bool" });

const tile = (x: Tensor, times: number) => fovea.concat(Array<Tensor>(times).fill(x));

/** Ops that make something on the way, used outside of any scope. */
const ops: Record<string, (x: Tensor) => Tensor[]> = {
  linear: (x) => [fovea.linear(x, x, null, { activation: "gelu" })],
  layerNorm: (x) => [fovea.layerNorm(x)],
  normalize: (x) => [fovea.normalize(x, { axis: 0 })],
  glu: (x) => [fovea.glu(x), fovea.swiglu(x)],
  rmsNorm: (x) => [fovea.rmsNorm(x)],
  groupNorm: (x) => [fovea.groupNorm(x, zeros([4]), zeros([4]), { numGroups: 2 })],
  conv1d: (x) => [fovea.conv1d(x.reshape([2, 2, 4]), x.reshape([4, 1, 4]), zeros([4]), { groups: 2 })],
  "add, both expanded": (x) => [fovea.add(x.reshape([4, 1, 4]), x.reshape([1, 4, 4]))],
  mean: (x) => [fovea.mean(x), fovea.mean(x, { axis: 0 })],
  crossEntropy: (x) => [fovea.crossEntropy(x, tensor(Int32Array.of(0, 1, 2, 3)))],
  relativeShift: (x) => [fovea.relativeShift(x, { keyLen: 4 }), fovea.relativeUnshift(x)],
  "positions: rotate": (x) => [...rotary.rotate!(x.reshape([1, 2, 1, 8]), x.reshape([1, 2, 1, 8]), {})],
  "positions: bias": (x) =>
    biases.map(({ bias }) => biasOf(bias!(x.reshape([1, 4, 2, 2]), x.reshape([1, 4, 2, 2]), { query: 1, scale: 1 }))),
  "positions: values": (x) => [shaw.values!(x.reshape([1, 1, 4, 4]), {})],
  "positions: embed": (x) => [fovea.sinusoidal()({ embedDim: 4, numHeads: 1 }).embed!(x, 3)],
  ctcLoss: (x) => [fovea.ctcLoss(x.reshape([1, 4, 4]), tensor(Int32Array.of(1, 2), [1, 2]))],
  infoNce: (x) => [fovea.infoNce(x, x)],
  tripletMarginLoss: (x) => [fovea.tripletMarginLoss(x, x, x, { swap: true })],
  "binaryCrossEntropyWithLogits, weights expanded": (x) => [
    fovea.binaryCrossEntropyWithLogits(x, x, { weight: x.detach().reshape([4, 4]), posWeight: zeros([4, 1]) }),
  ],
  nllLoss: (x) => [fovea.nllLoss(x, tensor(Int32Array.of(0, 1, 2, 3)))],
  "packPadded and padPacked": (x) => {
    const rows = fovea.packPadded(x.reshape([2, 2, 4]), [2, 1]);
    return [rows, fovea.padPacked(rows, [1, 2], 3)];
  },
  recurrentLayer: (x) => {
    const weights = { weightIh: tile(x, 4), weightHh: tile(x, 4) };
    const { out, hn, cn } = fovea.recurrentLayer(x, weights, { cell: "lstm", lengths: [3, 1] });
    return [out, hn, cn!];
  },
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

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  add,
  concat,
  conv1d,
  conv2d,
  cosineSimilarity,
  crossEntropy,
  ctcLoss,
  dispose,
  dropout,
  embedding,
  expand,
  gelu,
  glu,
  groupNorm,
  init,
  layerNorm,
  lengths,
  linear,
  matmul,
  mean,
  meanPool,
  mseLoss,
  multiply,
  narrow,
  nllLoss,
  normalize,
  packedAttention,
  packedProjection,
  pairwiseDistance,
  relativeShift,
  relativeUnshift,
  relu,
  rmsNorm,
  rotate,
  scale,
  scaledDotProductAttention,
  scope,
  softmax,
  sum,
  swiglu,
  type Tensor,
  tensor,
  zeros,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const leaf = (...shape: number[]) => zeros(shape, { requiresGrad: true });
const none = () => tensor(new Int32Array(), [0]);
const attention = (batch: number, queryLen: number, keyLen: number) => {
  const inputs = [leaf(batch, queryLen, 2, 3), leaf(batch, keyLen, 2, 3), leaf(batch, keyLen, 2, 5)] as const;
  return { out: scaledDotProductAttention(...inputs).out, inputs };
};

/** An op on sizes of 0, the shape it gives, and the leaves whose gradients must be there and all 0. */
const cases: Record<string, () => { out: Tensor; shape: number[]; inputs?: readonly Tensor[] }> = {
  add: () => ({ out: add(leaf(0, 3), leaf(3)), shape: [0, 3] }),
  multiply: () => ({ out: multiply(leaf(0, 3), leaf(3)), shape: [0, 3] }),
  scale: () => ({ out: scale(leaf(0), 2), shape: [0] }),
  relu: () => ({ out: relu(leaf(2, 0)), shape: [2, 0] }),
  gelu: () => ({ out: gelu(leaf(2, 0)), shape: [2, 0] }),
  "relativeShift, no query": () => ({ out: relativeShift(leaf(2, 0, 3), { keyLen: 3 }), shape: [2, 0, 3] }),
  "relativeShift, no key": () => ({ out: relativeShift(leaf(2, 3, 2), { keyLen: 0 }), shape: [2, 3, 0] }),
  "relativeUnshift, no query": () => ({ out: relativeUnshift(leaf(2, 0, 3)), shape: [2, 0, 2] }),
  "relativeUnshift, no key": () => ({ out: relativeUnshift(leaf(2, 3, 0)), shape: [2, 3, 2] }),
  "relativeUnshift, nothing": () => ({ out: relativeUnshift(leaf(2, 0, 0)), shape: [2, 0, 0] }),
  "rotate, no token": () => ({ out: rotate(leaf(2, 0, 3, 4), zeros([0, 2]), zeros([0, 2])), shape: [2, 0, 3, 4] }),
  "rotate, no channels": () => ({ out: rotate(leaf(2, 3, 3, 0), zeros([3, 0]), zeros([3, 0])), shape: [2, 3, 3, 0] }),
  softmax: () => ({ out: softmax(leaf(0, 4)), shape: [0, 4] }),
  dropout: () => ({ out: dropout(leaf(0, 4), { p: 0.3 }), shape: [0, 4] }),
  concat: () => ({ out: concat([leaf(0, 3), leaf(0, 3)]), shape: [0, 3] }),
  narrow: () => ({ out: narrow(leaf(3, 2), { start: 1, length: 0 }), shape: [0, 2] }),
  expand: () => ({ out: expand(leaf(1, 3), [0, 3]), shape: [0, 3] }),
  sum: () => ({ out: sum(leaf(0)), shape: [] }),
  "sum along an axis of 0": () => ({ out: sum(leaf(0, 3), { axis: 0 }), shape: [3] }),
  "mean along another axis": () => ({ out: mean(leaf(0, 3), { axis: 1 }), shape: [0] }),
  linear: () => {
    const inputs = [leaf(2, 0, 3), leaf(5, 3), leaf(5)] as const;
    return { out: linear(...inputs, { activation: "gelu" }), shape: [2, 0, 5], inputs };
  },
  "linear, width 0": () => ({ out: linear(leaf(2, 0), leaf(5, 0)), shape: [2, 5] }),
  matmul: () => {
    const inputs = [leaf(0, 2, 3), leaf(3, 4)] as const;
    return { out: matmul(...inputs), shape: [0, 2, 4], inputs };
  },
  "matmul over nothing": () => ({ out: matmul(leaf(2, 0), leaf(0, 4)), shape: [2, 4] }),
  layerNorm: () => {
    const inputs = [leaf(0, 3), leaf(3), leaf(3)] as const;
    return { out: layerNorm(...inputs), shape: [0, 3], inputs };
  },
  "conv1d, no batch": () => {
    const inputs = [leaf(0, 4, 7), leaf(6, 2, 3), leaf(6)] as const;
    return { out: conv1d(...inputs, { groups: 2 }), shape: [0, 6, 5], inputs };
  },
  "conv2d, no channels": () => {
    const inputs = [leaf(2, 0, 3, 4), leaf(5, 0, 2, 2), leaf(5)] as const;
    return { out: conv2d(...inputs), shape: [2, 5, 2, 3], inputs };
  },
  normalize: () => ({ out: normalize(leaf(0, 4)), shape: [0, 4] }),
  "normalize, all 0": () => {
    const x = leaf(2, 3);
    return { out: normalize(x), shape: [2, 3], inputs: [x] };
  },
  glu: () => ({ out: glu(leaf(0, 4)), shape: [0, 2] }),
  swiglu: () => ({ out: swiglu(leaf(2, 0)), shape: [2, 0] }),
  groupNorm: () => {
    const inputs = [leaf(0, 6, 2), leaf(6), leaf(6)] as const;
    return { out: groupNorm(...inputs, { numGroups: 3 }), shape: [0, 6, 2], inputs };
  },
  rmsNorm: () => {
    const inputs = [leaf(0, 3), leaf(3)] as const;
    return { out: rmsNorm(...inputs), shape: [0, 3], inputs };
  },
  embedding: () => {
    const weight = leaf(4, 3);
    return { out: embedding(none(), weight), shape: [0, 3], inputs: [weight] };
  },
  "crossEntropy, none": () => ({ out: crossEntropy(leaf(0, 3), none(), { reduction: "none" }), shape: [0] }),
  meanPool: () => ({ out: meanPool(leaf(0, 4, 3)), shape: [0, 3] }),
  "mseLoss, none": () => ({ out: mseLoss(leaf(0, 3), leaf(0, 3), { reduction: "none" }), shape: [0, 3] }),
  "mseLoss, sum": () => ({ out: mseLoss(leaf(0, 3), leaf(0, 3), { reduction: "sum" }), shape: [] }),
  nllLoss: () => ({ out: nllLoss(leaf(0, 3), none(), { reduction: "none" }), shape: [0] }),
  cosineSimilarity: () => ({ out: cosineSimilarity(leaf(0, 3), leaf(0, 3)), shape: [0] }),
  pairwiseDistance: () => ({ out: pairwiseDistance(leaf(0, 3), leaf(0, 3)), shape: [0] }),
  "ctcLoss, no items": () => ({
    out: ctcLoss(leaf(0, 5, 3), tensor(new Int32Array(), [0, 2]), { reduction: "none" }),
    shape: [0],
  }),
  "ctcLoss, no frames, no labels": () => {
    const inputs = [leaf(2, 0, 3)];
    return { out: ctcLoss(inputs[0]!, tensor(new Int32Array(), [2, 0]), { reduction: "none" }), shape: [2], inputs };
  },
  "meanPool over nothing": () => ({ out: meanPool(leaf(2, 0, 3), { lengths: [0, 0] }), shape: [2, 3] }),
  packedProjection: () => {
    const x = leaf(0, 4, 2);
    const inputs = [leaf(6, 2), leaf(6)] as const;
    return { out: packedProjection([x, x, x], ...inputs)[1], shape: [0, 4, 2], inputs };
  },
  "attention, no batch": () => ({ ...attention(0, 2, 3), shape: [0, 2, 2, 5] }),
  "attention, no query": () => ({ ...attention(2, 0, 3), shape: [2, 0, 2, 5] }),
  "attention, no key": () => ({ ...attention(2, 3, 0), shape: [2, 3, 2, 5] }),
  "packed attention, no token": () => ({
    out: packedAttention(leaf(2, 0, 12), { numHeads: 2, mask: lengths([0, 0]) }).out,
    shape: [2, 0, 2, 2],
  }),
};

describe("sizes of 0 give results of their shape, all 0, and gradients of 0", () => {
  test.each(Object.entries(cases))("%s", (_, run) => {
    scope(() => {
      const { out, shape, inputs = [] } = run();
      expect(out.shape).toEqual(shape);
      expect([...out.view()].every((value) => value === 0)).toBe(true);
      out.backward(zeros(shape));
      for (const input of inputs) expect([...input.grad!.view()].every((value) => value === 0)).toBe(true);
    });
  });
});

test("the mean of nothing is NaN", () => {
  expect(mean(zeros([0])).item()).toBeNaN();
});

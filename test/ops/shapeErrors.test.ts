import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../../ts/index.ts";
import * as fovea from "../../ts/index.ts";

const { zeros, tensor, causal, window, keep, drop, bias, lengths, all } = fovea;

beforeAll(() => fovea.init({ threads: 1 }));
afterAll(() => fovea.dispose());

const z = (...shape: number[]) => zeros(shape);
const flag = (...shape: number[]) => zeros(shape, { dtype: "bool" });
const ids = (...values: number[]) => tensor(Int32Array.from(values));
const attend = (mask: fovea.Mask) => fovea.scaledDotProductAttention(z(2, 3, 4, 5), z(2, 7, 4, 5), z(2, 7, 4, 5), { mask });
const freed = () => {
  const x = z(2, 3);
  x.dispose();
  return x;
};

/** A call, its code, and what the text must say: the op, the rule, what came. */
const refused: Record<string, [call: () => unknown, code: string, text: RegExp][]> = {
  add: [
    [() => fovea.add(z(2, 3), z(2)), "SHAPE", /^add: .*\[2, 3\] and \[2\]/],
    [() => fovea.add(z(2), ids(1, 2)), "DTYPE", /^add: y must be float32, got int32 \[2\]/],
    [() => fovea.add(freed(), z(3)), "DISPOSED", /^add: /],
  ],
  linear: [
    [() => fovea.linear(z(2, 4), z(5, 3)), "SHAPE", /^linear: .*inFeatures = 3.*\[5, 3\].*\[2, 4\]/],
    [() => fovea.linear(z(2, 3), z(5, 3), null, { activation: "silu" as "relu" }), "RANGE", /^linear: activation .*got "silu"/],
    [() => fovea.linear(z(2, 3), z(3)), "RANK", /^linear: weight must be \[outFeatures, inFeatures\], got \[3\]/],
    [() => fovea.linear(z(2, 3), z(5, 3), z(4)), "SHAPE", /^linear: bias must be \[5\], got \[4\]/],
  ],
  matmul: [
    [() => fovea.matmul(z(2, 3), z(4, 5)), "SHAPE", /^matmul: .*\[2, 3\] · \[4, 5\]/],
    [() => fovea.matmul(z(), z(3, 2)), "RANK", /^matmul: .*at least 1 axis.*\[\]/],
    [() => fovea.matmul(z(2, 3, 4), z(3, 4, 5)), "SHAPE", /^matmul: .*\[2\] and \[3\]/],
  ],
  softmax: [
    [() => fovea.softmax(z(2, 3), { axis: 2 }), "RANGE", /^softmax: axis must be from -2 to 1, got 2/],
    [() => fovea.softmax(z(2, 3), { axis: 0.5 }), "RANGE", /^softmax: axis/],
  ],
  layerNorm: [
    [() => fovea.layerNorm(z(2, 3), z(4)), "SHAPE", /^layerNorm: x must end in .*\[4\], got \[2, 3\]/],
    [() => fovea.layerNorm(z(2, 3), z(3), z(2)), "SHAPE", /^layerNorm: bias must be \[3\], got \[2\]/],
    [() => fovea.layerNorm(z(2, 3), null, null, { eps: -1 }), "RANGE", /^layerNorm: eps/],
    [() => fovea.layerNorm(z(3), z(2, 3)), "SHAPE", /^layerNorm: x must end/],
  ],
  conv1d: [
    [() => fovea.conv1d(z(2, 3), z(4, 3, 2)), "RANK", /^conv1d: x must be \[batch, inChannels, length\], got \[2, 3\]/],
    [() => fovea.conv1d(z(2, 3, 7), z(4, 2, 3)), "SHAPE", /^conv1d: weight .*inChannels \/ groups = 3 .*got 2/],
    [
      () => fovea.conv1d(z(2, 3, 4), z(4, 3, 3), null, { dilation: 2 }),
      "SHAPE",
      /^conv1d: the kernel must fit .*kernelSize 3 with dilation 2 for 4 elements with padding 0/,
    ],
    [
      () => fovea.conv1d(z(2, 3, 7), z(4, 3, 3), null, { stride: 2, padding: "same" }),
      "RANGE",
      /"same" needs a stride of 1, got 2/,
    ],
  ],
  conv2d: [
    [() => fovea.conv2d(z(2, 3, 7), z(4, 3, 2, 2)), "RANK", /^conv2d: x must be \[batch, inChannels, height, width\]/],
    [() => fovea.conv2d(z(2, 3, 7, 7), z(4, 3, 2, 2), z(3)), "SHAPE", /^conv2d: bias must be \[4\], got \[3\]/],
    [
      () => fovea.conv2d(z(2, 3, 7, 7), z(4, 3, 2, 2), null, { groups: 2 }),
      "SHAPE",
      /groups must divide .* 3 in and 4 out, got 2/,
    ],
    [() => fovea.conv2d(z(2, 3, 7, 7), z(4, 3, 2, 2), null, { stride: 0 }), "RANGE", /^conv2d: stride .*at least 1, got 0/],
    [
      () => fovea.conv2d(z(2, 3, 7, 7), z(4, 3, 2, 2), null, { padding: [0, -1] }),
      "RANGE",
      /^conv2d: padding .*at least 0, got -1/,
    ],
    [
      () => fovea.conv2d(z(2, 3, 7, 7), z(4, 3, 2, 2), null, { padding: "full" as "same" }),
      "RANGE",
      /padding must be .*got "full"/,
    ],
  ],
  normalize: [
    [() => fovea.normalize(z(2, 3), { axis: 2 }), "RANGE", /^normalize: axis must be from -2 to 1, got 2/],
    [() => fovea.normalize(z(2, 3), { eps: 0 }), "RANGE", /^normalize: eps must be at least 1e-18, got 0/],
    [() => fovea.normalize(ids(1, 2)), "DTYPE", /^normalize: x must be float32/],
  ],
  glu: [
    [() => fovea.glu(z(2, 3)), "SHAPE", /^glu: axis -1 must have an even size, got \[2, 3\]/],
    [() => fovea.glu(z(2, 4), { axis: 2 }), "RANGE", /^glu: axis must be from -2 to 1, got 2/],
    [() => fovea.swiglu(z(3, 4), { axis: 0 }), "SHAPE", /^swiglu: axis 0 must have an even size, got \[3, 4\]/],
  ],
  groupNorm: [
    [() => fovea.groupNorm(z(2, 6, 3), z(3), null, { numGroups: 2 }), "SHAPE", /^groupNorm: weight must be \[6\], got \[3\]/],
    [() => fovea.groupNorm(z(2, 6, 3), null, null, { numGroups: 4 }), "SHAPE", /numGroups must divide .*got 4 for \[2, 6, 3\]/],
    [() => fovea.groupNorm(z(6), null, null, { numGroups: 2 }), "RANK", /^groupNorm: x must have at least 2 axes, got \[6\]/],
    [
      () => fovea.groupNorm(z(2, 6), null, null, { numGroups: 2, eps: -1 }),
      "RANGE",
      /^groupNorm: eps must be at least 0, got -1/,
    ],
  ],
  rmsNorm: [
    [() => fovea.rmsNorm(z(2, 3), z(4)), "SHAPE", /^rmsNorm: x must end in .*\[4\], got \[2, 3\]/],
    [() => fovea.rmsNorm(z(2, 3), null, { normalizedShape: [] }), "SHAPE", /^rmsNorm: x must end in .*\[\], got \[2, 3\]/],
    [() => fovea.rmsNorm(z(2, 3), null, { eps: -1 }), "RANGE", /^rmsNorm: eps must be at least 0, got -1/],
    [() => fovea.rmsNorm(ids(1, 2)), "DTYPE", /^rmsNorm: x must be float32/],
  ],
  dropout: [
    [() => fovea.dropout(z(2), { p: 1.5 }), "RANGE", /^dropout: p must be from 0 to 1, got 1.5/],
    [() => fovea.dropout(z(2), { p: Number.NaN }), "RANGE", /^dropout: p/],
  ],
  gelu: [[() => fovea.gelu(z(2), { approximate: "erf" as "none" }), "RANGE", /^gelu: approximate .*got "erf"/]],
  embedding: [
    [() => fovea.embedding(ids(0, 5), z(5, 2)), "RANGE", /^embedding: ids must be from 0 to 4.*got 5 at element 1/],
    [() => fovea.embedding(ids(-1), z(5, 2)), "RANGE", /^embedding: ids .*got -1/],
    [() => fovea.embedding(z(2), z(5, 2)), "DTYPE", /^embedding: ids must be int32/],
    [() => fovea.embedding(ids(0), z(5, 2), { paddingIdx: 5 }), "RANGE", /^embedding: paddingIdx must be from -5 to 4, got 5/],
  ],
  crossEntropy: [
    [() => fovea.crossEntropy(z(2, 3), ids(0, 3)), "RANGE", /^crossEntropy: labels must be from 0 to 2.*got 3 at element 1/],
    [() => fovea.crossEntropy(z(2, 3), ids(0)), "SHAPE", /^crossEntropy: labels must be \[2\], got \[1\]/],
    [() => fovea.crossEntropy(z(2, 3), z(2)), "DTYPE", /^crossEntropy: labels must be int32/],
    [() => fovea.crossEntropy(z(2, 3), ids(0, 1), { weight: z(2) }), "SHAPE", /^crossEntropy: weight must be \[3\], got \[2\]/],
    [() => fovea.crossEntropy(z(2, 3), ids(0, 1), { labelSmoothing: 2 }), "RANGE", /^crossEntropy: labelSmoothing/],
  ],
  meanPool: [
    [() => fovea.meanPool(z(2, 3)), "RANK", /^meanPool: x must be \[batch, seqLen, embedDim\], got \[2, 3\]/],
    [() => fovea.meanPool(z(2, 3, 4), { lengths: [1] }), "MASK", /^meanPool: lengths must have batch = 2 entries, got 1/],
    [() => fovea.meanPool(z(2, 3, 4), { lengths: [1, 4] }), "RANGE", /^meanPool: lengths .*from 0 to 3, got 4 for item 1/],
    [() => fovea.meanPool(z(2, 3, 4), { keep: flag(3, 2) }), "SHAPE", /^meanPool: keep must be \[2, 3\], got \[3, 2\]/],
  ],
  concat: [
    [() => fovea.concat([]), "SHAPE", /^concat: .*got none/],
    [() => fovea.concat([z(2, 3), z(2, 4)]), "SHAPE", /^concat: .*\[2, 3\], \[2, 4\]/],
  ],
  narrow: [
    [() => fovea.narrow(z(2, 3), { axis: 1, start: 2, length: 2 }), "RANGE", /^narrow: 2 to 4 must be within axis 1 of \[2, 3\]/],
  ],
  relativeShift: [
    [() => fovea.relativeShift(z(3), { keyLen: 1 }), "RANK", /^relativeShift: x must have at least 2 axes, got \[3\]/],
    [
      () => fovea.relativeShift(z(2, 3), { keyLen: 4 }),
      "RANGE",
      /^relativeShift: keyLen must be from 0 to span = 3, got 4 for x \[2, 3\]/,
    ],
  ],
  relativeUnshift: [[() => fovea.relativeUnshift(z(3)), "RANK", /^relativeUnshift: x must have at least 2 axes, got \[3\]/]],
  rotate: [
    [
      () => fovea.rotate(z(2, 3, 4), z(3, 2), z(3, 2)),
      "RANK",
      /^rotate: x must be \[batch, length, heads, headDim\], got \[2, 3, 4\]/,
    ],
    [() => fovea.rotate(z(2, 3, 1, 4), z(4, 2), z(4, 2)), "SHAPE", /^rotate: cos must be .*got \[4, 2\] for x \[2, 3, 1, 4\]/],
    [
      () => fovea.rotate(z(2, 3, 1, 4), z(3, 3), z(3, 3)),
      "SHAPE",
      /^rotate: cos must be .*at most half of headDim, got \[3, 3\]/,
    ],
    [() => fovea.rotate(z(2, 3, 1, 4), z(3, 2), z(2, 3, 2)), "SHAPE", /^rotate: sin must be \[3, 2\], got \[2, 3, 2\]/],
    [
      () => fovea.rotate(z(2, 3, 1, 4), zeros([3, 2], { requiresGrad: true }), z(3, 2)),
      "GRAD",
      /^rotate: cos and sin have no gradient/,
    ],
    [() => fovea.rotate(z(2, 3, 1, 4), ids(1), z(3, 2)), "DTYPE", /^rotate: cos must be float32/],
  ],
  expand: [[() => fovea.expand(z(2, 3), [4, 3]), "SHAPE", /^expand: /]],
  scaledDotProductAttention: [
    [
      () => sdpa(z(2, 3, 4), z(2, 3, 4), z(2, 3, 4)),
      "RANK",
      /query must be \[batch, queryLen, numHeads, headDim\], got \[2, 3, 4\]/,
    ],
    [() => sdpa(z(2, 3, 4, 5), z(2, 7, 4, 6), z(2, 7, 4, 6)), "SHAPE", /key must be \[2, 7, 4, 5\], got \[2, 7, 4, 6\]/],
    [() => sdpa(z(2, 3, 4, 5), z(1, 7, 4, 5), z(1, 7, 4, 5)), "SHAPE", /key must be \[2, 7, 4, 5\]/],
    [() => sdpa(z(2, 3, 4, 5), z(2, 7, 4, 5), z(2, 6, 4, 5)), "SHAPE", /value must be \[2, 7, 4, 5\], got \[2, 6, 4, 5\]/],
    [() => sdpa(z(2, 3, 4, 5), z(2, 7, 3, 5), z(2, 7, 3, 5)), "SHAPE", /numHeads must be a multiple of numKvHeads, got 4 .* 3/],
    [() => sdpa(z(1, 1, 1, 1), z(1, 1, 1, 1), z(1, 1, 1, 1), { dropout: 1 }), "RANGE", /dropout .*got 1/],
    [() => sdpa(z(1, 1, 1, 1), z(1, 1, 1, 1), z(1, 1, 1, 1), { softcap: -1 }), "RANGE", /softcap .*got -1/],
    [() => sdpa(z(1, 1, 1, 1), z(1, 1, 1, 1), z(1, 1, 1, 1), { scale: Number.NaN }), "RANGE", /scale .*got NaN/],
    [() => fovea.packedAttention(z(2, 3, 10), { numHeads: 2 }), "SHAPE", /^packedAttention: .*\[2, 3, 10\] for numHeads 2/],
  ],
  masks: [
    [() => causal({ offset: 0.5 }), "RANGE", /^causal: offset/],
    [() => window(-1), "RANGE", /^window: size/],
    [() => attend(all(causal(), causal({ offset: 4 }))), "MASK", /two causal masks contradict each other, got offsets 0 and 4/],
    [() => attend(lengths([7])), "MASK", /lengths must have batch = 2 entries, got 1/],
    [() => attend(lengths([7, 8])), "RANGE", /lengths must be whole numbers from 0 to 7, got 8 for item 1/],
    [() => attend(lengths([7, 1.5])), "RANGE", /lengths .*got 1.5/],
    [() => attend(keep(flag(3, 6))), "SHAPE", /keep must broadcast to .*= \[2, 4, 3, 7\], got \[3, 6\]/],
    [() => attend(drop(flag(1, 1, 1, 3, 7))), "RANK", /drop must broadcast .*got \[1, 1, 1, 3, 7\]/],
    [() => attend(keep(z(3, 7))), "DTYPE", /keep must be bool, got float32/],
    [() => attend(bias(flag(3, 7))), "DTYPE", /bias must be float32, got bool/],
    [() => attend(bias(z(3, 3, 7))), "SHAPE", /bias must broadcast to/],
  ],
};

function sdpa(query: Tensor, key: Tensor, value: Tensor, options = {}): unknown {
  return fovea.scaledDotProductAttention(query, key, value, options);
}

for (const [op, calls] of Object.entries(refused))
  describe(op, () => {
    test.each(calls.map(([call, code, text]) => ({ call, code, text })))("$code $text", ({ call, code, text }) => {
      expect(call).toThrow(expect.objectContaining({ name: "FoveaError", code, message: expect.stringMatching(text) }));
    });
  });

import * as ops from "../../ts/ops/index.ts";
import { manualSeed } from "../../ts/tensor/rng.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { awayFromZero, flags, int32, leaf } from "./leaves.ts";
import { lossChecks } from "./lossChecks.ts";
import { recurrentChecks } from "./recurrentChecks.ts";
import { reductionChecks } from "./reductionChecks.ts";
import { shapeChecks } from "./shapeChecks.ts";
import { unaryChecks } from "./unaryChecks.ts";

export type Fn = (...inputs: Tensor[]) => Tensor;
export type Check = [fn: Fn, ...inputs: Tensor[]];
export type Checks = Record<string, () => Check>;

const {
  all,
  bias,
  causal,
  concat,
  conv1d,
  conv2d,
  crossEntropy,
  dropout,
  embedding,
  expand,
  gelu,
  glu,
  groupNorm,
  keep,
  layerNorm,
  lengths,
  linear,
  matmul,
} = ops;
const {
  meanPool,
  multiply,
  narrow,
  normalize,
  packedAttention,
  packedProjection,
  relu,
  reshape,
  rmsNorm,
  scale,
  scaledDotProductAttention,
} = ops;
const { softmax, swiglu, window } = ops;

const product = (a: Tensor, b: Tensor): Tensor => matmul(a, b);

/** What attention is asked for besides its output. */
const attention =
  (options: object): Checks[string] =>
  () => [
    (query, key, value) => scaledDotProductAttention(query!, key!, value!, options).out,
    ...[leaf([2, 5, 4, 3], 1), leaf([2, 7, 2, 3], 2), leaf([2, 7, 2, 6], 3)],
  ];

/** Every op with its options: what to differentiate, and at which inputs. */
export const opChecks: Record<string, Checks> = {
  ...lossChecks,
  ...recurrentChecks,
  ...reductionChecks,
  ...shapeChecks,
  ...unaryChecks,
  concat: {
    "first axis": () => [(a, b) => concat([a!, b!]), leaf([2, 5]), leaf([3, 5], 2)],
    "middle axis, three of them": () => [
      (a, b, c) => concat([a!, b!, c!], { axis: 1 }),
      leaf([2, 3, 4]),
      leaf([2, 1, 4], 2),
      leaf([2, 5, 4], 3),
    ],
    "one of them twice": () => [(a, b) => concat([a!, b!, a!], { axis: -1 }), leaf([2, 3]), leaf([2, 4], 2)],
  },
  conv1d: {
    plain: () => [(x, weight, bias) => conv1d(x!, weight!, bias), leaf([2, 3, 7]), leaf([4, 3, 3], 2), leaf([4], 3)],
    "strided and padded, without bias": () => [
      (x, weight) => conv1d(x!, weight!, null, { stride: 2, padding: 1 }),
      ...[leaf([2, 3, 7]), leaf([4, 3, 3], 2)],
    ],
    "groups, dilated": () => [
      (x, weight, bias) => conv1d(x!, weight!, bias!, { groups: 2, dilation: 2, padding: "same" }),
      ...[leaf([3, 4, 6]), leaf([6, 2, 2], 2), leaf([6], 3)],
    ],
  },
  conv2d: {
    patches: () => [
      (x, weight, bias) => conv2d(x!, weight!, bias, { stride: [2, 3] }),
      ...[leaf([2, 3, 5, 7]), leaf([4, 3, 2, 3], 2), leaf([4], 3)],
    ],
    "padded, dilated": () => [
      (x, weight) => conv2d(x!, weight!, null, { padding: [1, 2], dilation: [2, 1] }),
      ...[leaf([2, 2, 5, 4]), leaf([3, 2, 3, 2], 2)],
    ],
    "by channel": () => [
      (x, weight, bias) => conv2d(x!, weight!, bias, { groups: 3, padding: 1 }),
      ...[leaf([2, 3, 4, 3]), leaf([3, 1, 3, 3], 2), leaf([3], 3)],
    ],
  },
  crossEntropy: {
    mean: () => [(logits) => crossEntropy(logits, int32([1, 0, 4])), leaf([3, 5])],
    "sum, ignored rows": () => [(logits) => crossEntropy(logits, int32([1, -100, 4]), { reduction: "sum" }), leaf([3, 5])],
    "none, smoothing": () => [
      (logits) => crossEntropy(logits, int32([1, 0, 4]), { reduction: "none", labelSmoothing: 0.2 }),
      leaf([3, 5]),
    ],
    "class weights, smoothing, ignored rows": () => {
      const weight = leaf([5], 3).detach();
      weight.view().set([0.5, 2, 1, 0, 1.5]);
      return [(logits) => crossEntropy(logits, int32([1, 2, 4]), { weight, ignoreIndex: 2, labelSmoothing: 0.1 }), leaf([3, 5])];
    },
    "chances of classes, smoothing": () => [
      (logits, chances) => crossEntropy(logits!, chances!, { labelSmoothing: 0.1 }),
      ...[leaf([3, 5]), leaf([3, 5], 2)],
    ],
    "labels of several axes": () => [(logits) => crossEntropy(logits, int32([1, 0, 4, 2], [2, 2])), leaf([2, 2, 5])],
  },
  dropout: {
    "the same elements dropped": () => [
      (x) => {
        manualSeed(3);
        return dropout(x, { p: 0.4 });
      },
      leaf([5, 7]),
    ],
    "everything dropped": () => [(x) => dropout(x, { p: 1 }), leaf([3])],
  },
  embedding: { "repeated ids": () => [(weight) => embedding(int32([2, 0, 2, 3], [2, 2]), weight), leaf([5, 3])] },
  expand: {
    "axes of 1": () => [(x) => expand(x, [2, 3, 5]), leaf([2, 1, 5])],
    "missing axes": () => [(x) => expand(x, [2, 3, 5]), leaf([3, 1])],
  },
  gelu: {
    erf: () => [(x) => gelu(x), leaf([3, 7], 1, 2)],
    tanh: () => [(x) => gelu(x, { approximate: "tanh" }), leaf([3, 7], 1, 2)],
  },
  glu: {
    "last axis": () => [(x) => glu(x), leaf([3, 10], 1, 2)],
    "middle axis": () => [(x) => glu(x, { axis: 1 }), leaf([3, 4, 5], 1, 2)],
  },
  groupNorm: {
    affine: () => [
      (x, weight, bias) => groupNorm(x!, weight!, bias!, { numGroups: 2 }),
      ...[leaf([2, 4, 3, 2]), leaf([4], 2), leaf([4], 3)],
    ],
    plain: () => [(x) => groupNorm(x, null, null, { numGroups: 3, eps: 0.1 }), leaf([2, 6])],
  },
  layerNorm: {
    affine: () => [(x, weight, bias) => layerNorm(x!, weight, bias), leaf([4, 7]), leaf([7], 2), leaf([7], 3)],
    "weight alone": () => [(x, weight) => layerNorm(x!, weight), leaf([4, 7]), leaf([7], 2)],
    plain: () => [(x) => layerNorm(x, null, null, { eps: 0.1 }), leaf([4, 7])],
    "two axes": () => [(x, weight, bias) => layerNorm(x!, weight, bias), leaf([3, 2, 5]), leaf([2, 5], 2), leaf([2, 5], 3)],
  },
  linear: {
    "without bias": () => [(x, weight) => linear(x!, weight!), leaf([2, 3, 5]), leaf([7, 5], 2)],
    bias: () => [linear as Fn, leaf([6, 5]), leaf([7, 5], 2), leaf([7], 3)],
    gelu: () => [
      (x, weight, bias) => linear(x!, weight!, bias!, { activation: "gelu" }),
      leaf([6, 5]),
      leaf([7, 5], 2),
      leaf([7], 3),
    ],
    geluTanh: () => [
      (x, weight, bias) => linear(x!, weight!, bias!, { activation: "geluTanh" }),
      leaf([6, 5]),
      leaf([7, 5], 2),
      leaf([7], 3),
    ],
    "relu, away from its corner": () => [
      (x, weight, bias) => linear(x!, weight!, bias!, { activation: "relu" }),
      ...[leaf([3, 2], 1, 0.02), leaf([4, 2], 2, 0.02), awayFromZero([4], 3)],
    ],
  },
  matmul: {
    matrices: () => [product as Fn, leaf([3, 5]), leaf([5, 4], 2)],
    batches: () => [product as Fn, leaf([2, 3, 5]), leaf([2, 5, 4], 2)],
    "one b for all": () => [product as Fn, leaf([2, 3, 5]), leaf([5, 4], 2)],
    "one a for all": () => [product as Fn, leaf([3, 5]), leaf([2, 5, 4], 2)],
    "both repeated": () => [product as Fn, leaf([2, 1, 3, 5]), leaf([4, 5, 2], 2)],
    "a transposed": () => [(a, b) => matmul(a!, b!, { transposeA: true }), leaf([2, 5, 3]), leaf([2, 5, 4], 2)],
    "b transposed": () => [(a, b) => matmul(a!, b!, { transposeB: true }), leaf([2, 3, 5]), leaf([4, 5], 2)],
    "a vector and a matrix": () => [product as Fn, leaf([5]), leaf([2, 5, 4], 2)],
    "a matrix and a vector": () => [product as Fn, leaf([2, 3, 5]), leaf([5], 2)],
    "two vectors": () => [product as Fn, leaf([5]), leaf([5], 2)],
    "both transposed": () => [
      (a, b) => matmul(a!, b!, { transposeA: true, transposeB: true }),
      leaf([2, 5, 3]),
      leaf([2, 4, 5], 2),
    ],
  },
  meanPool: {
    plain: () => [(x) => meanPool(x), leaf([2, 3, 5])],
    "lengths, one of them 0": () => [(x) => meanPool(x, { lengths: [2, 0] }), leaf([2, 3, 5])],
    "keep and lengths": () => [(x) => meanPool(x, { lengths: [3, 2], keep: flags([2, 3], 0.5) }), leaf([2, 3, 5])],
  },
  narrow: {
    "first axis": () => [(x) => narrow(x, { start: 1, length: 2 }), leaf([4, 5])],
    "last axis": () => [(x) => narrow(x, { axis: -1, start: 2, length: 3 }), leaf([4, 5])],
  },
  normalize: {
    "last axis": () => [(x) => normalize(x), leaf([3, 5])],
    "first axis, shorter than eps": () => [(x) => normalize(x, { axis: 0, eps: 1e3 }), leaf([3, 5])],
  },
  packedAttention: {
    plain: () => [(qkv) => packedAttention(qkv, { numHeads: 2 }).out, leaf([2, 5, 18])],
    "causal and lengths": () => [
      (qkv) => packedAttention(qkv, { numHeads: 3, mask: all(causal(), lengths([4, 5])) }).out,
      leaf([2, 5, 18]),
    ],
    "weights used": () => [(qkv) => weightsOf(packedAttention(qkv, { numHeads: 2, needWeights: true })), leaf([2, 4, 12])],
  },
  packedProjection: {
    "one input for all": () => [
      (x, weight, bias) => concat(packedProjection([x!, x!, x!], weight!, bias!), { axis: 0 }),
      ...[leaf([2, 3, 4]), leaf([12, 4], 2), leaf([12], 3)],
    ],
    "three inputs, one result unused": () => [
      (query, key, value, weight) => concat(packedProjection([query!, key!, value!], weight!).slice(0, 2), { axis: 1 }),
      ...[leaf([2, 3, 4]), leaf([2, 5, 4], 2), leaf([2, 5, 4], 3), leaf([12, 4], 4)],
    ],
  },
  relativeShift: {
    "all distances": () => [(x) => ops.relativeShift(x, { keyLen: 3 }), leaf([2, 4, 6])],
    "more distances than needed": () => [(x) => ops.relativeShift(x, { keyLen: 2 }), leaf([2, 4, 7])],
    "of a causal mask": () => [(x) => ops.relativeShift(x, { keyLen: 5 }), leaf([2, 3, 5])],
  },
  relativeUnshift: { plain: () => [(x) => ops.relativeUnshift(x), leaf([2, 3, 4])] },
  relu: { "away from its corner": () => [(x) => relu(x), awayFromZero([3, 7])] },
  reshape: { "another shape": () => [(x) => multiply(reshape(x, [5, -1]), leaf([5, 3], 2).detach()), leaf([3, 5])] },
  rmsNorm: {
    affine: () => [(x, weight) => rmsNorm(x!, weight), leaf([4, 7]), leaf([7], 2)],
    plain: () => [(x) => rmsNorm(x, null, { eps: 0.1 }), leaf([4, 7])],
    "two axes": () => [(x, weight) => rmsNorm(x!, weight), leaf([3, 2, 5]), leaf([2, 5], 2)],
  },
  rotate: {
    halves: () => {
      const [cos, sin] = [leaf([5, 3], 2).detach(), leaf([5, 3], 3).detach()];
      return [(x) => ops.rotate(x, cos, sin), leaf([2, 5, 2, 6])];
    },
    "interleaved, a part, a table for each item": () => {
      const [cos, sin] = [leaf([2, 5, 3], 2).detach(), leaf([2, 5, 3], 3).detach()];
      return [(x) => ops.rotate(x, cos, sin, { interleaved: true }), leaf([2, 5, 2, 7])];
    },
  },
  scale: { "by a number": () => [(x) => scale(x, -1.5), leaf([3, 5])] },
  scaledDotProductAttention: {
    plain: attention({}),
    causal: attention({ mask: causal({ offset: 2 }) }),
    window: attention({ mask: window(1) }),
    "lengths, one of them 0": attention({ mask: lengths([4, 0]) }),
    softcap: attention({ softcap: 1.5, scale: 0.8 }),
    keep: () => [
      (query, key, value) => scaledDotProductAttention(query!, key!, value!, { mask: keep(flags([5, 7], 0.5)) }).out,
      ...[leaf([2, 5, 4, 3], 1), leaf([2, 7, 2, 3], 2), leaf([2, 7, 2, 6], 3)],
    ],
    dropout: () => [
      (query, key, value) => {
        manualSeed(5);
        return scaledDotProductAttention(query!, key!, value!, { dropout: 0.3 }).out;
      },
      ...[leaf([2, 5, 4, 3], 1), leaf([2, 7, 2, 3], 2), leaf([2, 7, 2, 6], 3)],
    ],
    "two biases of different shapes": () => [
      (query, key, value, heads, rows) =>
        scaledDotProductAttention(query!, key!, value!, { mask: all(bias(heads!), bias(rows!)) }).out,
      ...[leaf([2, 5, 2, 3], 1), leaf([2, 4, 2, 3], 2), leaf([2, 4, 2, 3], 3), leaf([2, 1, 4], 4), leaf([5, 1], 5)],
    ],
    "the weights are used": () => [
      (query, key, value) => weightsOf(scaledDotProductAttention(query!, key!, value!, { needWeights: true, mask: causal() })),
      ...[leaf([2, 5, 2, 3], 1), leaf([2, 4, 2, 3], 2), leaf([2, 4, 2, 3], 3)],
    ],
    "both are used": () => [
      (query, key, value) => {
        const { out, weights } = scaledDotProductAttention(query!, key!, value!, { needWeights: true });
        return concat([reshape(out, [-1]), reshape(weights!, [-1])]);
      },
      ...[leaf([2, 5, 2, 3], 1), leaf([2, 4, 2, 3], 2), leaf([2, 4, 2, 3], 3)],
    ],
  },
  softmax: {
    "last axis": () => [(x) => softmax(x), leaf([3, 7])],
    "first axis": () => [(x) => softmax(x, { axis: 0 }), leaf([3, 7])],
  },
  swiglu: {
    "last axis": () => [(x) => swiglu(x), leaf([3, 10], 1, 2)],
    "first axis": () => [(x) => swiglu(x, { axis: 0 }), leaf([4, 5], 1, 2)],
  },
};

function weightsOf({ weights }: { weights?: Tensor }): Tensor {
  return weights!;
}

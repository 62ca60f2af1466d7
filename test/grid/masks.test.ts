import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scaledDotProductAttention } from "../../ts/ops/attention.ts";
import { bias, drop, keep, type Mask } from "../../ts/ops/mask.ts";
import { dispose, init } from "../../ts/runtime/index.ts";
import { tensor } from "../../ts/tensor/create.ts";
import { scope } from "../../ts/tensor/scope.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { normal, withAt } from "../cases/fills.ts";
import { cancelling } from "../cases/tolerances.ts";
import type { Fill } from "../cases/types.ts";
import { attentionDims, packedDims } from "../harness/attention.ts";
import { random } from "../harness/random.ts";
import { expectKernel } from "./expectKernel.ts";
import { pairwise } from "./pairwise.ts";
import { cases } from "./scale.ts";

beforeAll(() => init());
afterAll(() => dispose());

/** For keep and bias: which of items, heads and queries have their own; null for none at all. */
type Own = readonly [batch: boolean, heads: boolean, queries: boolean] | null;

interface MaskCase {
  lengths: readonly [queryLen: number, keyLen: number];
  keep: Own;
  bias: Own;
  causal: number | null;
  window: number;
  sinks: number;
  keyLengths: boolean;
  ranges: "none" | "of all" | "of each";
  slopes: boolean;
  softcap: number;
  dropout: number;
  weights: boolean;
}

const owns: Own[] = [
  null,
  ...[false, true].flatMap((b) => [false, true].flatMap((h) => [false, true].map((q) => [b, h, q] as const))),
];
const [batch, numHeads, numKvHeads, headDim, valueHeadDim] = [3, 4, 2, 6, 5];

const combinations = pairwise<MaskCase>(
  {
    lengths: [
      [7, 11],
      [1, 13],
      [13, 1],
      [37, 71],
      [66, 65],
    ],
    keep: owns,
    bias: owns,
    causal: [null, 0, 5, -3],
    window: [-1, -1, 0, 2, 40],
    sinks: [0, 0, 1, 3],
    keyLengths: [false, true],
    ranges: ["none", "none", "of all", "of each"],
    slopes: [false, true],
    softcap: [0, 0, 3],
    dropout: [0, 0, 0.25],
    weights: [false, true],
  },
  cases(200),
  30,
);

describe("masks in every combination of two", () => {
  test.each(Array.from({ length: 10 }, (_, part) => part))("part %i of 10", (part) => {
    const some = combinations.filter((_, i) => i % 10 === part);
    expect(some.length).toBeGreaterThan(0);
    for (const each of some) expectBothWays(each);
  });
});

function expectBothWays(each: MaskCase): void {
  const [queryLen, keyLen] = each.lengths;
  const dims = attentionDims({
    ...{ batch, queryLen, keyLen, numHeads, numKvHeads, headDim, valueHeadDim },
    ...broadcast("keep", each.keep, queryLen),
    ...broadcast("bias", each.bias, queryLen),
    ...{ causal: each.causal !== null, causalOffset: each.causal ?? 0, window: each.window, sinks: each.sinks },
    ...{ rangesBatch: each.ranges === "of each" ? batch : 1, softcap: each.softcap, slopeOffset: each.causal ?? 0 },
    ...{ dropout: each.dropout, dropoutKey: 11 },
  });
  const given = [
    ...(each.keep ? (["keep"] as const) : []),
    ...(each.bias ? (["bias"] as const) : []),
    ...(each.keyLengths ? (["keyLengths"] as const) : []),
    ...(each.ranges === "none" ? [] : (["ranges"] as const)),
    ...(each.slopes ? (["slopes"] as const) : []),
  ];
  const fill = {
    keyLengths: (({ rng }) => rng.below(keyLen + 1)) as Fill,
    ranges: (({ index, rng }) => (index % 2) * Math.ceil(keyLen / 2) + rng.below(Math.ceil(keyLen / 2))) as Fill,
    bias: withAt(normal(), { 1: -Infinity }),
  };
  const why = JSON.stringify(each);
  expectKernel("attentionForward", { why, dims, given, fill });
  const used = each.weights ? (["weights", "dWeights"] as const) : [];
  const wanted = each.bias ? (["dBias"] as const) : [];
  expectKernel("attentionBackward", {
    ...{ why, dims: { ...dims, ...packedDims(dims) }, given: [...given, ...wanted, ...used], fill },
    tolerance: { dPacked: { ...cancelling, absolute: 1e-6 } }, // 5.3e-7 was seen where a query sees one key, which dropout scales
  });
}

function broadcast(name: "keep" | "bias", own: Own, queryLen: number): Record<string, number> {
  const [items, heads, queries] = own ?? [false, false, false];
  return {
    [`${name}Batch`]: items ? batch : 1,
    [`${name}Heads`]: heads ? numHeads : 1,
    [`${name}Queries`]: queries ? queryLen : 1,
  };
}

describe("a mask of any shape that broadcasts is the one written out", () => {
  const [queryLen, keyLen] = [5, 7];
  const whole = [2, 3, queryLen, keyLen];
  const shapes = [1, 2, 3, 4].flatMap((rank) =>
    Array.from({ length: 2 ** rank }, (_, bits) => whole.slice(4 - rank).map((size, axis) => ((bits >> axis) & 1 ? size : 1))),
  );
  const kinds: Record<string, [make: (values: Float32Array, shape: number[]) => Tensor, mask: (of: Tensor) => Mask]> = {
    keep: [flags, keep],
    drop: [flags, drop],
    bias: [(values, shape) => tensor(values, shape, { requiresGrad: true }), bias],
  };
  describe.each(Object.entries(kinds))("%s", (_, [make, mask]) => {
    test.each(shapes.map((shape) => ({ shape, name: `[${shape.join(", ")}]` })))("$name", ({ shape }) => {
      scope(() => {
        const rng = random(shape.reduce((sum, size) => 10 * sum + size, 0));
        const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal());
        const [small, large] = [make(values, shape), make(writtenOut(values, shape, whole), whole)];
        const [ours, theirs] = [small, large].map((of) => attend(mask(of), queryLen, keyLen));
        expect(ours).toEqual(theirs);
        if (small.grad) expectSums(small.grad, large.grad!, whole);
      });
    });
  });
});

function flags(values: Float32Array, shape: number[]): Tensor {
  return tensor(
    Uint8Array.from(values, (value) => Number(value > -0.3)),
    shape,
    { dtype: "bool" },
  );
}

function attend(mask: Mask, queryLen: number, keyLen: number): Float32Array[] {
  const rng = random(5);
  const leaf = (length: number) =>
    tensor(
      Float32Array.from({ length: 2 * length * 3 * 4 }, () => rng.normal()),
      [2, length, 3, 4],
      { requiresGrad: true },
    );
  const [query, key, value, dOut] = [leaf(queryLen), leaf(keyLen), leaf(keyLen), leaf(queryLen)];
  const { out } = scaledDotProductAttention(query, key, value, { mask });
  out.backward(dOut.detach());
  return [out, query.grad!, key.grad!, value.grad!].map((result) => result.toArray() as Float32Array);
}

/** Where an element of `whole` lies in a tensor of `shape` that is broadcast to it. */
function placeOf(at: number, shape: readonly number[], whole: readonly number[]): number {
  let [rest, place, stride] = [at, 0, 1];
  for (let axis = whole.length - 1; axis >= 0; axis--) {
    const index = rest % whole[axis]!;
    rest = Math.floor(rest / whole[axis]!);
    const size = shape[axis - whole.length + shape.length] ?? 1;
    place += (size === 1 ? 0 : index) * stride;
    stride *= size;
  }
  return place;
}

function writtenOut(values: Float32Array, shape: readonly number[], whole: readonly number[]): Float32Array {
  return Float32Array.from({ length: whole.reduce((a, b) => a * b, 1) }, (_, at) => values[placeOf(at, shape, whole)]!);
}

/** The gradient of what was broadcast is the sum over all places it was put to. */
function expectSums(small: Tensor, large: Tensor, whole: readonly number[]): void {
  const sums = new Float64Array(small.length);
  large.view().forEach((value, at) => {
    sums[placeOf(at, small.shape, whole)]! += value;
  });
  for (const [i, sum] of sums.entries()) expect(Math.abs(small.view()[i]! - sum)).toBeLessThan(2e-6);
}

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scaledDotProductAttention } from "../../ts/ops/attention.ts";
import { causal } from "../../ts/ops/mask.ts";
import { dispose, init } from "../../ts/runtime/index.ts";
import { tensor } from "../../ts/tensor/create.ts";
import { scope } from "../../ts/tensor/scope.ts";
import { random } from "../harness/random.ts";
import { type AttentionInputs, type AttentionSizes, type AttentionTruth, attentionTruth } from "./attentionTruth.ts";
import { pairwise } from "./pairwise.ts";
import { cases } from "./scale.ts";

// The shapes that PyTorch's and flash-attention's own tests try, in pairs, and a few large ones, against float64.

interface Shape {
  batch: number;
  heads: readonly [numHeads: number, numKvHeads: number];
  lengths: readonly [queryLen: number, keyLen: number];
  headDim: number;
  valueHeadDim: "the same" | number;
  causal: boolean;
}

const lengths = [
  ...[
    [1, 1],
    [1, 64],
    [1, 239],
    [239, 1],
    [3, 799],
    [127, 512],
    [127, 513],
    [113, 203],
    [128, 217],
    [113, 211],
    [108, 256],
  ],
  ...[
    [256, 512],
    [64, 128],
    [65, 63],
    [33, 31],
    [267, 514],
    [512, 256],
    [7, 9],
  ],
] as [number, number][];
const headDims = [1, 2, 3, 4, 5, 7, 8, 16, 32, 40, 59, 64, 80, 96, 111, 128, 160, 256];

/** Terms of the float64 loops: two million take about 10 ms. */
const terms = ({ batch, heads, lengths: [queryLen, keyLen], headDim }: Shape): number =>
  batch * heads[0] * queryLen * keyLen * headDim;

const shapes = pairwise<Shape>(
  {
    batch: [1, 2, 12],
    heads: [
      [1, 1],
      [3, 3],
      [3, 1],
      [8, 8],
      [8, 2],
      [8, 1],
    ],
    lengths,
    headDim: headDims,
    valueHeadDim: ["the same", 1, 6, 24],
    causal: [false, true],
  },
  cases(1200),
  20,
  (shape) => terms(shape) <= 2e6,
);
const large: Shape[] = [
  [1023, 1024, 64],
  [1024, 1023, 16],
  [799, 3, 256],
  [1030, 267, 40],
].flatMap(([queryLen, keyLen, headDim]) =>
  [false, true].map((causal) => ({
    ...{ batch: 1, heads: [2, 1] as const, lengths: [queryLen!, keyLen!] as const },
    ...{ headDim: headDim!, valueHeadDim: "the same" as const, causal },
  })),
);

beforeAll(() => init());
afterAll(() => dispose());

describe.each(lengths)("%i queries, %i keys", (queryLen, keyLen) => {
  const some = shapes.filter((shape) => shape.lengths[0] === queryLen && shape.lengths[1] === keyLen);
  test(`${some.length} shapes`, () => {
    expect(some.length).toBeGreaterThan(0);
    for (const shape of some) expectTruth(shape);
  });
});

test.each(large)("large: $lengths, headDim $headDim, causal: $causal", (shape) => expectTruth(shape));

test("lengths meet widths, heads meet batches, widths meet widths of values", () => {
  const meets = (a: (shape: Shape) => unknown, b: (shape: Shape) => unknown) =>
    new Set(shapes.map((shape) => `${a(shape)} ${b(shape)}`)).size;
  expect(
    meets(
      (shape) => shape.lengths,
      (shape) => shape.headDim,
    ),
  ).toBeGreaterThanOrEqual(240); // the others have too many terms
  expect(
    meets(
      (shape) => shape.heads,
      (shape) => shape.batch,
    ),
  ).toBe(18);
  expect(
    meets(
      (shape) => shape.valueHeadDim,
      (shape) => shape.headDim,
    ),
  ).toBe(72);
});

function expectTruth(shape: Shape): void {
  const sizes = sizesOf(shape);
  const inputs = inputsOf(sizes);
  const truth = attentionTruth(sizes, inputs);
  const ours = attend(sizes, inputs);
  for (const name of Object.keys(truth) as (keyof AttentionTruth)[]) {
    const allowed = allowedOf(name, truth[name]);
    const at = truth[name].findIndex((value, i) => !(Math.abs(ours[name][i]! - value) <= allowed));
    if (at >= 0) expect.fail(`${name}[${at}] is ${ours[name][at]}, float64 says ${truth[name][at]}: ${JSON.stringify(shape)}`);
  }
}

/** Of the output 2e-6 whatever the shape; of gradients 1e-5 of the largest, as PyTorch's tests, and what is left where terms of about 5 cancel. */
function allowedOf(name: keyof AttentionTruth, values: Float64Array): number {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (name === "out") return 2e-6;
  return name === "lse" ? 1e-6 + 1e-6 * largest : 5e-7 + 1e-5 * largest;
}

function sizesOf({ batch, heads: [numHeads, numKvHeads], lengths: [queryLen, keyLen], ...rest }: Shape): AttentionSizes {
  const valueHeadDim = rest.valueHeadDim === "the same" ? rest.headDim : rest.valueHeadDim;
  return { batch, numHeads, numKvHeads, queryLen, keyLen, headDim: rest.headDim, valueHeadDim, causal: rest.causal };
}

function inputsOf({ batch, queryLen, keyLen, numHeads, numKvHeads, headDim, valueHeadDim }: AttentionSizes): AttentionInputs {
  const rng = random(batch * 7 + queryLen * 31 + keyLen * 101 + headDim * 1009 + valueHeadDim);
  const draw = (length: number) => Float32Array.from({ length }, () => rng.normal());
  return {
    query: draw(batch * queryLen * numHeads * headDim),
    key: draw(batch * keyLen * numKvHeads * headDim),
    value: draw(batch * keyLen * numKvHeads * valueHeadDim),
    dOut: draw(batch * queryLen * numHeads * valueHeadDim),
  };
}

function attend(sizes: AttentionSizes, inputs: AttentionInputs): Record<keyof AttentionTruth, Float32Array> {
  const { batch, queryLen, keyLen, numHeads, numKvHeads, headDim, valueHeadDim } = sizes;
  return scope(() => {
    const query = tensor(inputs.query, [batch, queryLen, numHeads, headDim], { requiresGrad: true });
    const key = tensor(inputs.key, [batch, keyLen, numKvHeads, headDim], { requiresGrad: true });
    const value = tensor(inputs.value, [batch, keyLen, numKvHeads, valueHeadDim], { requiresGrad: true });
    const { out, lse } = scaledDotProductAttention(query, key, value, { mask: sizes.causal ? causal() : null, needLse: true });
    out.backward(tensor(inputs.dOut, out.shape));
    const results = { out, lse: lse!, dQuery: query.grad!, dKey: key.grad!, dValue: value.grad! };
    const copies = Object.entries(results).map(([name, result]) => [name, result.toArray()]);
    return Object.fromEntries(copies) as Record<keyof AttentionTruth, Float32Array>;
  });
}

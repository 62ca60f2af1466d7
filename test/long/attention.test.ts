import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { causal, dispose, init, type Mask, scaledDotProductAttention, scope, tensor, window } from "../../ts/index.ts";
import { all } from "../../ts/ops/mask.ts";
import { random } from "../harness/random.ts";

// Long sequences: a sample of rows of the output and of each gradient against float64. How much memory they take is in test/memory.

interface Long {
  name: string;
  length: number;
  headDim: number;
  mask: () => Mask | null;
  sees: (i: number, j: number) => boolean;
}

const SAMPLED = 64;
const night = Number(process.env.FOVEA_TEST_SCALE ?? 1) > 1;

const sizes: Long[] = [
  { name: "8,192, every key", length: 8192, headDim: 8, mask: () => null, sees: () => true },
  { name: "8,192, causal", length: 8192, headDim: 16, mask: () => causal(), sees: (i, j) => j <= i },
  { name: "16,384, causal", length: 16_384, headDim: 4, mask: () => causal(), sees: (i, j) => j <= i },
  {
    name: "16,384, causal window of 300",
    length: 16_384,
    headDim: 32,
    mask: () => all(causal(), window(300)),
    sees: (i, j) => j <= i && i - j <= 300,
  },
  ...(night
    ? [{ name: "65,536, causal", length: 65_536, headDim: 16, mask: () => causal(), sees: (i: number, j: number) => j <= i }]
    : []),
];

beforeAll(() => init());
afterAll(() => dispose());

describe.each(sizes)("attention over $name", (size) => {
  test("rows of the output and of every gradient", { timeout: 600_000 }, () => {
    const inputs = inputsOf(size);
    const ours = attend(size, inputs);
    const truth = new Truth(size, inputs);
    const rng = random(9);
    for (let n = 0; n < SAMPLED; n++) {
      const row = n === 0 ? 0 : n === 1 ? size.length - 1 : rng.below(size.length);
      const { out, lse, dQuery } = truth.ofQuery(row);
      // What sums of 65,536 terms need: plain loops are 1.7e-6 off there.
      expectRow("out", ours.out, row, out, size.length > 40_000 ? 5e-6 : 2e-6);
      expectRow("lse", ours.lse, row, [lse], 1e-6 + 1e-6 * Math.abs(lse));
      expectRow("dQuery", ours.dQuery, row, dQuery, allowed(ours.dQuery));
    }
    for (let n = 0; n < SAMPLED; n++) {
      const row = n === 0 ? 0 : n === 1 ? size.length - 1 : rng.below(size.length);
      const { dKey, dValue } = truth.ofKey(row, ours);
      expectRow("dKey", ours.dKey, row, dKey, allowed(ours.dKey));
      expectRow("dValue", ours.dValue, row, dValue, allowed(ours.dValue));
    }
  });
});

type Inputs = Record<"query" | "key" | "value" | "dOut", Float32Array>;
type Results = Record<"out" | "lse" | "dQuery" | "dKey" | "dValue", Float32Array>;

function inputsOf({ length, headDim }: Long): Inputs {
  const rng = random(length + headDim);
  const draw = () => Float32Array.from({ length: length * headDim }, () => rng.normal());
  return { query: draw(), key: draw(), value: draw(), dOut: draw() };
}

function attend({ length, headDim, mask }: Long, inputs: Inputs): Results {
  return scope(() => {
    const leaf = (name: keyof Inputs) => tensor(inputs[name], [1, length, 1, headDim], { requiresGrad: true });
    const [query, key, value] = [leaf("query"), leaf("key"), leaf("value")];
    const { out, lse } = scaledDotProductAttention(query, key, value, { mask: mask(), needLse: true });
    out.backward(tensor(inputs.dOut, out.shape));
    const results = { out, lse: lse!, dQuery: query.grad!, dKey: key.grad!, dValue: value.grad! };
    return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, result.toArray()])) as unknown as Results;
  });
}

/** Attention row by row in float64. */
class Truth {
  private readonly size: Long;
  private readonly inputs: Inputs;
  private readonly scale: number;
  private readonly weights: Float64Array;

  constructor(size: Long, inputs: Inputs) {
    this.size = size;
    this.inputs = inputs;
    this.scale = Math.fround(1 / Math.sqrt(size.headDim));
    this.weights = new Float64Array(size.length);
  }

  ofQuery(i: number) {
    const { size, inputs, weights, scale } = this;
    const lse = this.weigh(i);
    const [out, dQuery] = [new Float64Array(size.headDim), new Float64Array(size.headDim)];
    for (const [j, weight] of weights.entries()) addScaled(out, inputs.value, j, weight);
    const delta = dot(inputs.dOut, i, out, 0, size.headDim);
    weights.forEach((weight, j) => {
      if (weight === 0) return;
      const dScore = weight * (dot(inputs.dOut, i, inputs.value, j, size.headDim) - delta);
      addScaled(dQuery, inputs.key, j, scale * dScore);
    });
    return { out, lse, dQuery };
  }

  /** From the output and the log-sum-exp as they came out, whose rows the queries have checked: a key needs those of every query. */
  ofKey(j: number, { out, lse }: Results) {
    const { size, inputs, scale } = this;
    const width = size.headDim;
    const [dKey, dValue] = [new Float64Array(width), new Float64Array(width)];
    for (let i = 0; i < size.length; i++) {
      if (!size.sees(i, j)) continue;
      const weight = Math.exp(scale * dot(inputs.query, i, inputs.key, j, width) - lse[i]!);
      const dWeight = dot(inputs.dOut, i, inputs.value, j, width) - dot(inputs.dOut, i, out, i, width);
      addScaled(dValue, inputs.dOut, i, weight);
      addScaled(dKey, inputs.query, i, scale * weight * dWeight);
    }
    return { dKey, dValue };
  }

  /** The weights of query i; gives its log-sum-exp. */
  private weigh(i: number): number {
    const { size, inputs, weights, scale } = this;
    let max = -Infinity;
    for (let j = 0; j < size.length; j++) {
      weights[j] = size.sees(i, j) ? scale * dot(inputs.query, i, inputs.key, j, size.headDim) : -Infinity;
      max = Math.max(max, weights[j]!);
    }
    let total = 0;
    for (let j = 0; j < size.length; j++) {
      weights[j] = weights[j] === -Infinity ? 0 : Math.exp(weights[j]! - max);
      total += weights[j]!;
    }
    for (let j = 0; j < size.length; j++) weights[j]! /= total;
    return max + Math.log(total);
  }
}

function dot(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number, width: number): number {
  let sum = 0;
  for (let d = 0; d < width; d++) sum += a[i * width + d]! * b[j * width + d]!;
  return sum;
}

/** `sum += factor · row j of x`. */
function addScaled(sum: Float64Array, x: Float32Array, j: number, factor: number): void {
  if (factor === 0) return;
  for (let d = 0; d < sum.length; d++) sum[d]! += factor * x[j * sum.length + d]!;
}

const allowed = (gradient: Float32Array): number => 1e-5 * gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function expectRow(name: string, ours: Float32Array, row: number, want: ArrayLike<number>, most: number): void {
  for (let d = 0; d < want.length; d++) {
    const got = ours[row * want.length + d]!;
    if (!(Math.abs(got - want[d]!) <= most))
      expect.fail(`${name}, row ${row}: ${got}, float64 says ${want[d]}; allowed is ${most}`);
  }
}

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  dispose,
  Embedding,
  init,
  LayerNorm,
  Linear,
  MultiheadAttention,
  manualSeed,
  type Tensor,
  TransformerEncoder,
  TransformerEncoderLayer,
} from "../../ts/index.ts";

beforeAll(async () => {
  await init({ threads: 1 });
  manualSeed(0);
});
afterAll(() => dispose());

const largest = (x: Tensor) => [...x.view()].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const std = (x: Tensor) => Math.sqrt([...x.view()].reduce((sum, value) => sum + value * value, 0) / x.length);

/** Uniform within ±bound: nothing outside, the edge nearly reached, and a standard deviation of bound / √3. */
function expectUniform(x: Tensor, bound: number): void {
  expect(largest(x)).toBeLessThanOrEqual(bound);
  expect(largest(x)).toBeGreaterThan(0.98 * bound);
  expect(std(x)).toBeCloseTo(bound / Math.sqrt(3), 2);
}

describe("PyTorch's initial values", () => {
  test("Linear: uniform within 1 / √inFeatures", () => {
    const { weight, bias } = new Linear(100, 200);
    expectUniform(weight, 0.1);
    expectUniform(bias!, 0.1);
  });

  test("Embedding: normal, the padding row 0", () => {
    const { weight } = new Embedding(200, 50, { paddingIdx: -2 });
    expect(std(weight)).toBeCloseTo(Math.sqrt(199 / 200), 1);
    const rows = weight.toNested() as number[][];
    expect(rows.flatMap((row, i) => (row.every((value) => value === 0) ? [i] : []))).toEqual([198]);
  });

  test("LayerNorm: ones and zeros", () => {
    const { weight, bias } = new LayerNorm([2, 3]);
    expect([weight!.toNested(), bias!.toNested()]).toEqual([
      [
        [1, 1, 1],
        [1, 1, 1],
      ],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    ]);
  });

  test("MultiheadAttention: Xavier over the packed weight, biases 0", () => {
    const { inProjWeight, inProjBias, outProj } = new MultiheadAttention(100, 4);
    expectUniform(inProjWeight!, Math.sqrt(6 / 400));
    expectUniform(outProj.weight, 0.1);
    expect([largest(inProjBias!), largest(outProj.bias!)]).toEqual([0, 0]);
  });

  test("MultiheadAttention of other widths: Xavier over each, the extra key normal", () => {
    const { qProjWeight, kProjWeight, biasK } = new MultiheadAttention(900, 4, { kdim: 50, addBiasKv: true });
    expectUniform(qProjWeight!, Math.sqrt(6 / 1800));
    expectUniform(kProjWeight!, Math.sqrt(6 / 950));
    expect(std(biasK!)).toBeCloseTo(Math.sqrt(2 / 1800), 2);
  });
});

test("every layer of an encoder has values of its own", () => {
  const { layers } = new TransformerEncoder(new TransformerEncoderLayer(4, 2), 2);
  expect(layers[1]!.linear1.weight.toArray()).not.toEqual(layers[0]!.linear1.weight.toArray());
});

test("the same seed gives the same values", () => {
  const make = () => {
    manualSeed(5);
    return new TransformerEncoderLayer(6, 2).parameters().map((parameter) => parameter.toArray());
  };
  expect(make()).toEqual(make());
});

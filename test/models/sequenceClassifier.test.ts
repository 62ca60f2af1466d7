import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  dispose,
  init,
  learned,
  manualSeed,
  SequenceClassifier,
  type SequenceClassifierOptions,
  scope,
  tensor,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const sizes = { vocabSize: 20, numClasses: 3, dModel: 8, numHeads: 2, numLayers: 2, dimFeedforward: 16 };

function make(options: Partial<SequenceClassifierOptions> = {}): SequenceClassifier {
  manualSeed(2);
  return new SequenceClassifier({ ...sizes, ...options }).eval();
}

const ids = (rows: number[][]) => tensor(Int32Array.from(rows.flat()), [rows.length, rows[0]!.length]);

describe.each([
  { pooling: "mean" },
  { pooling: "cls" },
  { pooling: "max" },
  { pooling: "attention" },
  { head: "tanh" },
  { head: "lstm" },
  { pooling: "cls", head: "lstm" },
  { pooling: "max", head: "lstm" },
  { pooling: "attention", head: "lstm" },
  { activation: "swiglu" },
  { normFirst: true, activation: "gelu" },
  { positional: learned(6) },
] as const)("%o", (options) => {
  test("padding changes the logits by no more than rounding", () => {
    scope(() => {
      const model = make(options);
      const alone = model.forward(ids([[4, 9, 1]])).toArray();
      const padded = model.forward(
        ids([
          [4, 9, 1, 0, 0],
          [7, 7, 2, 3, 5],
        ]),
        { lengths: [3, 5] },
      );
      expect(padded.shape).toEqual([2, 3]);
      alone.forEach((logit, i) => {
        expect(Math.abs(padded.view()[i]! - logit)).toBeLessThan(1e-6);
      });
    });
  });
});

test("weights are given per layer and head, and sum to 1 over the real keys", () => {
  scope(() => {
    const { logits, weights } = make().forward(ids([[4, 9, 1, 0]]), { lengths: [3], needWeights: true });
    expect(logits.shape).toEqual([1, 3]);
    expect(weights.map(({ shape }) => shape)).toEqual([
      [1, 2, 4, 4],
      [1, 2, 4, 4],
    ]);
    for (const row of (weights[1]!.toNested() as number[][][][])[0]!.flat()) {
      expect(row.reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 6);
      expect(row[3]).toBe(0);
    }
  });
});

test("what was learned about positions and pooling is in the state dict", () => {
  expect(
    make({ positional: learned(6) })
      .stateDict()
      .get("positional.weight")!.shape,
  ).toEqual([6, 8]);
  const keys = (options: object) => [...make(options).stateDict().keys()];
  expect(keys({}).filter((key) => /^(positional|pool)/.test(key))).toEqual([]);
  expect(keys({ pooling: "attention" }).filter((key) => key.startsWith("pool"))).toEqual(["pool.query"]);
});

test("refuses a sequence longer than the positions learned, and unknown ids", () => {
  const model = make({ positional: learned(2) });
  expect(() => model.forward(ids([[1, 2, 3]]))).toThrow(
    expect.objectContaining({ code: "RANGE", message: expect.stringContaining("maxLen = 2") }),
  );
  expect(() => model.forward(ids([[20]]))).toThrow(expect.objectContaining({ code: "RANGE" }));
});

test("embeddingDropout drops embeddings alone, and is dropout unless given", () => {
  expect([make({ dropout: 0.3 }).dropout.p, make({ dropout: 0.3, embeddingDropout: 0.5 }).dropout.p]).toEqual([0.3, 0.5]);
  scope(() => {
    const x = ids([[4, 9, 1]]);
    const model = make({ dropout: 0, embeddingDropout: 0.5 });
    const whole = model.forward(x).toArray();
    expect(model.forward(x).view()).toEqual(whole);
    expect(model.train().forward(x).view()).not.toEqual(whole);
    const layers = make({ dropout: 0.5, embeddingDropout: 0 });
    expect(layers.encoder.layers[0]!.dropout1.p).toBe(0.5);
    expect(layers.train().forward(x).view()).not.toEqual(whole);
  });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { AdamW, dispose, fit, init, manualSeed, pseudoLabels, runtime, SequenceClassifier } from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const make = () => {
  manualSeed(1);
  return new SequenceClassifier({ vocabSize: 12, numClasses: 2, dModel: 16, numHeads: 2, numLayers: 1, dropout: 0.1 });
};

/** Words from 2 to 6 are of class 0, those from 7 to 11 of class 1. */
const examples = Array.from({ length: 40 }, (_, i) => ({
  ids: [2 + (i % 5), 2 + ((i * 3) % 5)].map((id) => id + 5 * (i % 2)),
  label: i % 2,
}));
const mixed = Array.from({ length: 5 }, (_, i) => ({ ids: [2 + i, 7 + i] }));

test("labels what the model is sure of, in order, with its chance", async () => {
  const model = make();
  await fit(model, examples, { optimizer: new AdamW(model.parameters(), { lr: 1e-2 }), epochs: 15, seed: 1 });
  const unlabelled = [...mixed, ...examples.map(({ ids }) => ({ ids }))];
  model.train();
  const before = runtime.memory.used;
  const sure = await pseudoLabels(model, unlabelled, { threshold: 0.9, batchSize: 7 });
  expect(runtime.memory.used).toBe(before);
  expect(model.training).toBe(true);
  expect(sure.map(({ index }) => index)).toEqual(sure.map(({ index }) => index).sort((a, b) => a - b));
  for (const { ids, index, confidence } of sure) {
    expect(ids).toBe(unlabelled[index]!.ids);
    expect(confidence).toBeGreaterThanOrEqual(0.9);
  }
  const known = sure.filter(({ index }) => index >= mixed.length);
  expect(known.length).toBeGreaterThan(35);
  expect(known.every(({ index, label }) => label === examples[index - mixed.length]!.label)).toBe(true);
  expect(await pseudoLabels(model, unlabelled, { threshold: 0.9 })).toEqual(sure); // without dropout: the same again, in other batches
  const all = await pseudoLabels(model, unlabelled, { threshold: 0 });
  expect(all.map(({ index }) => index)).toEqual(unlabelled.map((_, i) => i));
  expect(all.every(({ confidence }) => confidence >= 0.5 && confidence <= 1)).toBe(true);
  expect(all.filter(({ confidence }) => confidence >= 0.9)).toEqual(sure);
});

test("of nothing there is nothing; a threshold that is no chance is refused; an abort ends it", async () => {
  const model = make().eval();
  expect(await pseudoLabels(model, [])).toEqual([]);
  expect(model.training).toBe(false);
  await expect(pseudoLabels(model, mixed, { threshold: 2 })).rejects.toMatchObject({
    code: "RANGE",
    message: "pseudoLabels: threshold must be between 0 and 1, got 2",
  });
  await expect(pseudoLabels(model, mixed, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
});

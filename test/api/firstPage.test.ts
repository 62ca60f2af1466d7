import {
  AdamW,
  batches,
  causal,
  clipGradNorm,
  crossEntropy,
  dispose,
  init,
  MultiheadAttention,
  manualSeed,
  randn,
  SequenceClassifier,
  scope,
  sinusoidal,
} from "fovea";
import { afterAll, expect, test } from "vitest";

afterAll(() => dispose());

test("attention, as the first page has it", async () => {
  await init();
  const x = randn([2, 10, 64]);
  const attention = new MultiheadAttention(64, 8);
  const { out, weights } = attention.forward(x, x, x, { mask: causal(), needWeights: true });
  expect(out.view()).toBeInstanceOf(Float32Array);
  expect(out.shape).toEqual([2, 10, 64]);
  expect(weights!.shape).toEqual([2, 10, 10]);
  const rows = (weights!.toNested() as number[][][]).flat();
  rows.forEach((row, i) => {
    expect(row.reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 6);
    expect(row.slice((i % 10) + 1).every((weight) => weight === 0)).toBe(true);
  });
});

test("training, as the first page has it", async () => {
  await init();
  manualSeed(0);
  const vocabSize = 12;
  const examples = Array.from({ length: 64 }, (_, i) => ({ ids: [2 + (i % 10), i % 2, 2 + ((i * 3) % 10)], label: i % 2 }));
  const losses: number[] = [];

  const model = new SequenceClassifier({
    vocabSize,
    numClasses: 2,
    dModel: 32,
    numHeads: 4,
    numLayers: 2,
    dimFeedforward: 64,
    positional: sinusoidal(),
    pooling: "mean",
  });
  const optimizer = new AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.01 });
  for (let epoch = 0; epoch < 10; epoch += 1)
    for (const batch of batches(examples, { batchSize: 16, seed: epoch }))
      scope(() => {
        const loss = crossEntropy(model.forward(batch.ids, { lengths: batch.lengths }), batch.labels);
        loss.backward();
        clipGradNorm(model.parameters(), 1.0);
        optimizer.step();
        optimizer.zeroGrad();
        losses.push(loss.item());
      });
  expect(losses[0]).toBeGreaterThan(0.4);
  expect(losses.at(-1)).toBeLessThan(0.1);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import {
  AdamW,
  clipGradNorm,
  crossEntropy,
  dispose,
  init,
  manualSeed,
  runtime,
  SequenceClassifier,
  scope,
  tensor,
} from "../../ts/index.ts";
import { heap } from "../../ts/runtime/heap.ts";
import { random } from "../harness/random.ts";

const STEPS = 1000;
const SETTLED = 10; // by then gradients and moments have their places

// Threads by number, so that they are all there before memory is read: each has scratch of its own.
beforeAll(() => init({ threads: 2 }));
afterAll(() => dispose());

test(`memory does not grow over ${STEPS} training steps`, () => {
  manualSeed(1);
  const before = runtime.memory.used;
  const sizes = { vocabSize: 50, numClasses: 3, dModel: 12, numHeads: 3, numLayers: 2, dimFeedforward: 20, dropout: 0.1 };
  const model = new SequenceClassifier({ ...sizes, paddingIdx: 0 });
  const optimizer = new AdamW(model.parameters(), { lr: 1e-3 });
  const rng = random(2);
  const step = (): number =>
    scope(() => {
      const ids = tensor(
        Int32Array.from({ length: 4 * 9 }, () => rng.below(50)),
        [4, 9],
      );
      const labels = tensor(Int32Array.from({ length: 4 }, () => rng.below(3)));
      const loss = crossEntropy(model.forward(ids, { lengths: [9, 4, 1, 7] }), labels);
      loss.backward();
      clipGradNorm(model.parameters(), 1);
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    });

  for (let i = 0; i < SETTLED; i++) expect(step()).toBeGreaterThan(0);
  const settled = { used: runtime.memory.used, peak: runtime.memory.peak, size: heap.size };
  for (let i = SETTLED; i < STEPS; i++) {
    step();
    if (runtime.memory.used !== settled.used) expect.fail(`step ${i} left ${runtime.memory.used - settled.used} bytes behind`);
  }
  expect({ used: runtime.memory.used, peak: runtime.memory.peak, size: heap.size }).toEqual(settled);

  optimizer.dispose();
  model.dispose();
  expect(runtime.memory.used).toBe(before);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { dispose, fit, init, runtime } from "../../ts/index.ts";
import { examples, model, optimizerOf } from "./task.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

test("over 1,000 steps the bytes in use stay the same, and so does their peak once every length has come", async () => {
  const learner = model({ dropout: 0.1 });
  const used = new Set<number>();
  const peaks = new Set<number>();
  await fit(learner, examples(64), {
    optimizer: optimizerOf(learner),
    epochs: 125,
    batchSize: 8,
    clipGradNorm: 1,
    onProgress: ({ step }) => void (step > 100 && peaks.add(runtime.memory.peak)),
    onEpoch: () => void used.add(runtime.memory.used), // a batch is there until the next is taken
  });
  expect(used.size).toBe(1);
  expect(peaks.size).toBe(1);
});

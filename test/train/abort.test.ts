import { afterAll, beforeAll, expect, test } from "vitest";
import { dispose, evaluate, fit, init } from "../../ts/index.ts";
import { examples, model, optimizerOf, values } from "./task.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

test("aborting ends the training after a whole step: the parameters are those of that many steps", async () => {
  const steps = 5;
  const learner = model();
  const controller = new AbortController();
  const training = fit(learner, examples(64), {
    optimizer: optimizerOf(learner),
    batchSize: 8,
    seed: 2,
    signal: controller.signal,
    onProgress: ({ step }) => step === steps && controller.abort(),
  });
  await expect(training).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));

  const stopped = model();
  const enough = new Error("enough");
  const other = fit(stopped, examples(64), {
    optimizer: optimizerOf(stopped),
    batchSize: 8,
    seed: 2,
    onProgress: ({ step }) => {
      if (step === steps) throw enough;
    },
  });
  await expect(other).rejects.toBe(enough);
  expect(values(learner)).toEqual(values(stopped));
});

test("a signal that is aborted already does nothing", async () => {
  const learner = model();
  const before = values(learner);
  const signal = AbortSignal.abort(new Error("not today"));
  await expect(fit(learner, examples(8), { optimizer: optimizerOf(learner), signal })).rejects.toThrow("not today");
  await expect(evaluate(learner, examples(8), { signal })).rejects.toThrow("not today");
  expect(values(learner)).toEqual(before);
});

test("timers run while it trains, and may abort it", async () => {
  const learner = model();
  const controller = new AbortController();
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
    if (ticks === 3) controller.abort();
  }, 10);
  try {
    const training = fit(learner, examples(64), { optimizer: optimizerOf(learner), epochs: 100_000, signal: controller.signal });
    await expect(training).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
  } finally {
    clearInterval(timer);
  }
  expect(ticks).toBe(3);
});

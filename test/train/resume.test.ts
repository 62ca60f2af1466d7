import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { collate } from "../../ts/data/batches.ts";
import { DataLoader } from "../../ts/data/index.ts";
import {
  Adafactor,
  AdamW,
  type Batch,
  type Callback,
  Checkpoints,
  dispose,
  EarlyStopping,
  EMA,
  type FitOptions,
  fit,
  init,
  lastCheckpoint,
  loadSafetensors,
  manualSeed,
  ReduceLROnPlateau,
  SequenceClassifier,
  scope,
  type TrainingData,
  warmupCosine,
} from "../../ts/index.ts";
import { examples, model, values } from "./task.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fovea-resume-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A training with everything in it that has a state. */
interface Setup {
  learner: SequenceClassifier;
  ema: EMA | undefined;
  options: FitOptions;
  data: () => TrainingData;
}

const data = examples(50);

const setups: Record<string, () => Setup> = {
  "examples, dropout, a schedule": () => {
    const learner = model({ dropout: 0.2 });
    const optimizer = new AdamW(learner.parameters(), { lr: 5e-3 });
    const options = {
      optimizer,
      epochs: 3,
      batchSize: 8,
      seed: 4,
      clipGradNorm: 1,
      schedule: warmupCosine({ warmupSteps: 3 }),
      valid: data,
    };
    return { learner, ema: undefined, options, data: () => data };
  },
  "a loader, means of weights, a plateau, gradients that add up": () => {
    const learner = model({ dropout: 0.2 });
    const ema = new EMA(learner.parameters(), { decay: 0.9 });
    const optimizer = new Adafactor(learner.parameters());
    const schedule = new ReduceLROnPlateau({ patience: 0, threshold: 0.3 });
    const options = { optimizer, ema, schedule, epochs: 3, seed: 4, accumulate: 3, valid: data };
    const loader = () => new DataLoader(data, { batchSize: 4, seed: 9, collate: (items) => collate(items) });
    return { learner, ema, options, data: loader };
  },
  "a loader to validate with that draws its order and leaves some out": () => {
    const learner = model({ dropout: 0.2 });
    const optimizer = new AdamW(learner.parameters());
    const valid = new DataLoader(data, { batchSize: 8, seed: 3, dropLast: true, collate: (items) => collate(items) });
    return { learner, ema: undefined, options: { optimizer, epochs: 3, batchSize: 12, seed: 4, valid }, data: () => data };
  },
  "batches of an iterable whose length nobody knows": () => {
    const learner = model({ dropout: 0.2 });
    const optimizer = new AdamW(learner.parameters());
    const options = { optimizer, epochs: 3, seed: 4, accumulate: 2 };
    return { learner, ema: undefined, options, data: () => passes() };
  },
};

function passes(): AsyncIterable<Batch> {
  return {
    async *[Symbol.asyncIterator]() {
      for (let start = 0; start < data.length; start += 10) yield collate(data.slice(start, start + 10));
    },
  };
}

describe.each(Object.entries(setups))("%s", (_, setup) => {
  test.each([1, 4, 5, 7, 9])("stopped after step %i and resumed it has the bits of a run that never stopped", async (stop) => {
    const whole = setup();
    const expected = await fit(whole.learner, whole.data(), whole.options);

    const first = setup();
    const callbacks = [new Checkpoints(folder, { everySteps: stop, best: 0 }), killAfter(stop)];
    await expect(fit(first.learner, first.data(), { ...first.options, callbacks })).rejects.toThrow("killed");
    manualSeed(123); // another process would have drawn other numbers
    const second = setup();
    const resume = await lastCheckpoint(folder);
    const result = await fit(second.learner, second.data(), { ...second.options, resume });

    expect(values(second.learner)).toEqual(values(whole.learner));
    expect(result.steps).toBe(expected.steps);
    expect(result.epochs.map(({ seconds: _, ...rest }) => rest)).toEqual(expected.epochs.map(({ seconds: _, ...rest }) => rest));
    if (!whole.ema) return;
    whole.ema.swap();
    second.ema!.swap();
    expect(values(second.learner)).toEqual(values(whole.learner));
  });
});

function killAfter(last: number): Callback {
  return {
    onStep({ step }) {
      if (step === last) throw new Error("killed");
    },
  };
}

test("aborted, the last checkpoint is that of the last whole step", async () => {
  const { learner, options } = setups["examples, dropout, a schedule"]!();
  const controller = new AbortController();
  const training = fit(learner, data, {
    ...options,
    signal: controller.signal,
    onProgress: ({ step }) => step === 5 && controller.abort(),
    callbacks: [new Checkpoints(folder)],
  });
  await expect(training).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
  const other = setups["examples, dropout, a schedule"]!();
  const steps: number[] = [];
  await fit(other.learner, data, {
    ...other.options,
    resume: await lastCheckpoint(folder),
    onProgress: ({ step }) => steps.push(step),
  });
  expect(steps[0]).toBe(6);
});

test("the best models are kept, and no other file", async () => {
  const { learner, options } = setups["examples, dropout, a schedule"]!();
  const checkpoints = new Checkpoints(folder, { monitor: "valid.accuracy", best: 2 });
  const seen = new Map<number, number[]>();
  const result = await fit(learner, data, {
    ...{ ...options, epochs: 6, callbacks: [checkpoints] },
    onEpoch: ({ epoch }) => void seen.set(epoch, values(learner)),
  });
  expect(readdirSync(folder).sort()).toEqual(["best-1.safetensors", "best-2.safetensors", "last.safetensors"]);
  const byAccuracy = result.epochs.toSorted((a, b) => b.valid!.accuracy - a.valid!.accuracy);
  expect(checkpoints.best.map(({ value }) => value)).toEqual(byAccuracy.slice(0, 2).map(({ valid }) => valid!.accuracy));
  const { readFileSync } = await import("node:fs");
  scope(() => learner.loadStateDict(loadSafetensors(readFileSync(checkpoints.best[0]!.path))));
  expect(values(learner)).toEqual(seen.get(checkpoints.best[0]!.epoch));
});

describe("what cannot be resumed is refused, and nothing is changed", () => {
  const snapshotOf = async (setup: Setup): Promise<Uint8Array> => {
    await fit(setup.learner, setup.data(), { ...setup.options, steps: 2, callbacks: [new Checkpoints(folder, { best: 0 })] });
    return (await lastCheckpoint(folder))!;
  };

  test.each([
    ["another file", async () => new Uint8Array([1, 2, 3])],
    ["half of a file", async () => (await snapshotOf(setups["examples, dropout, a schedule"]!())).slice(0, 900)],
    [
      "one with means of weights where there are none",
      async () => snapshotOf(setups["a loader, means of weights, a plateau, gradients that add up"]!()),
    ],
  ])("%s", async (_, bytes) => {
    const { learner, options } = setups["examples, dropout, a schedule"]!();
    const resume = await bytes();
    const before = values(learner);
    await expect(fit(learner, data, { ...options, resume })).rejects.toThrow(expect.objectContaining({ name: "FoveaError" }));
    expect(values(learner)).toEqual(before);
  });

  test("a folder without a checkpoint gives null", async () => {
    expect(await lastCheckpoint(folder)).toBeNull();
  });
});

test("early stopping ends a training that no longer improves, and says why", async () => {
  const { learner, options } = setups["examples, dropout, a schedule"]!();
  const result = await fit(learner, data, {
    ...options,
    epochs: 50,
    callbacks: [new EarlyStopping({ monitor: "valid.accuracy", patience: 2 })],
  });
  expect(result.epochs.length).toBeLessThan(50);
  expect(result.stopped).toMatch(/^valid\.accuracy has not improved on 1 for 2 epochs$/);
  const misspelt = fit(learner, data, { ...options, callbacks: [new EarlyStopping({ monitor: "valid.acuracy" })] });
  await expect(misspelt).rejects.toThrow(/must be one of loss, accuracy, valid.loss, valid.accuracy, got valid.acuracy/);
});

test("a snapshot of many classes and epochs does not hold a whole table for each", async () => {
  manualSeed(1);
  const numClasses = 1000;
  const learner = new SequenceClassifier({ vocabSize: 20, numClasses, dModel: 8, numHeads: 2, numLayers: 1 });
  const many = data.map(({ ids }, i) => ({ ids, label: (i * 317) % numClasses }));
  const sizes: number[] = [];
  let last: Uint8Array | null = null;
  const sizing: Callback = {
    onEpoch(_, training) {
      last = training.snapshot();
      sizes.push(last.length);
    },
  };
  const options = { optimizer: new AdamW(learner.parameters()), batchSize: 50, valid: many, seed: 1 };
  const { epochs } = await fit(learner, many, { ...options, epochs: 3, callbacks: [sizing] });
  expect(sizes[2]! - sizes[0]!).toBeLessThan(10_000);
  const again = await fit(learner, many, { ...options, epochs: 3, resume: last });
  expect(again.epochs).toEqual(epochs);
});

test("callbacks of one name have a state each", async () => {
  const stopping = () => [
    new EarlyStopping({ monitor: "valid.loss", patience: 2, minDelta: 10 }),
    new EarlyStopping({ monitor: "valid.accuracy", patience: 9 }),
  ];
  const options = (learner: SequenceClassifier) => ({
    optimizer: new AdamW(learner.parameters()),
    epochs: 9,
    seed: 1,
    valid: data,
  });
  const whole = model();
  const snapshots: Uint8Array[] = [];
  const keeping: Callback = { onEpoch: (_, training) => void snapshots.push(training.snapshot()) };
  const result = await fit(whole, data, { ...options(whole), callbacks: [...stopping(), keeping] });
  expect(result.stopped).toMatch(/^valid.loss/);
  const again = model();
  const resumed = await fit(again, data, { ...options(again), callbacks: stopping(), resume: snapshots[1] });
  expect([resumed.steps, resumed.stopped]).toEqual([result.steps, result.stopped]);
});

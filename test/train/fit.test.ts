import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Batch, collate, DataLoader, type Example } from "../../ts/data/index.ts";
import {
  Checkpoints,
  classificationScores,
  crossEntropy,
  dispose,
  EarlyStopping,
  evaluate,
  fit,
  full,
  init,
  manualSeed,
  ofConfusion,
  type Progress,
  perplexity,
  rocAucMetric,
  SequenceClassifier,
  scope,
  tensor,
  warmupCosine,
} from "../../ts/index.ts";
import { examples, model, optimizerOf, values } from "./task.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

test("learns a task that needs the words, to nearly no loss", async () => {
  const learner = model();
  const data = examples(96);
  const before = await evaluate(learner, data);
  expect(before.loss).toBeGreaterThan(0.4);
  const result = await fit(learner, data, {
    optimizer: optimizerOf(learner),
    epochs: 30,
    batchSize: 16,
    seed: 0,
    clipGradNorm: 1,
  });
  expect(result.steps).toBe(180);
  const after = await evaluate(learner, data);
  expect(after.accuracy).toBe(1);
  expect(after.loss).toBeLessThan(0.02);
  expect(after.confusion).toEqual([
    [48, 0],
    [0, 48],
  ]);
  expect(after.examples).toBe(96);
});

test("the same seed gives the same bits, dropout and order included; another others", async () => {
  const run = async (seed: number) => {
    const learner = model({ dropout: 0.3 });
    await fit(learner, examples(40), { optimizer: optimizerOf(learner), epochs: 2, batchSize: 8, seed });
    return values(learner);
  };
  const first = await run(5);
  manualSeed(99); // what was drawn before does not matter
  expect(await run(5)).toEqual(first);
  expect(await run(6)).not.toEqual(first);
});

test("reports every step and every epoch", async () => {
  const learner = model();
  const reports: Progress[] = [];
  const summaries: number[] = [];
  const data = examples(20);
  const { epochs } = await fit(learner, data, {
    optimizer: optimizerOf(learner),
    epochs: 2,
    batchSize: 8,
    clipGradNorm: 1,
    schedule: warmupCosine({ warmupSteps: 2 }),
    valid: data.slice(0, 6),
    onProgress: (report) => reports.push(report),
    onEpoch: ({ epoch }) => void summaries.push(epoch),
  });
  expect(reports.map(({ epoch, step, steps }) => [epoch, step, steps])).toEqual([
    [1, 1, 6],
    [1, 2, 6],
    [1, 3, 6],
    [2, 4, 6],
    [2, 5, 6],
    [2, 6, 6],
  ]);
  reports.forEach(({ lr }, step) => {
    expect(lr).toBeCloseTo(5e-3 * warmupCosine({ warmupSteps: 2 })(step, 6), 10);
  });
  for (const { loss, accuracy, batchLoss, tokensPerSecond, secondsLeft, gradNorm } of reports) {
    for (const value of [loss, batchLoss, tokensPerSecond, gradNorm]) expect(value).toBeGreaterThan(0);
    expect(accuracy).toBeGreaterThanOrEqual(0);
    expect(Number.isFinite(secondsLeft)).toBe(true);
  }
  expect(reports.at(-1)!.secondsLeft).toBe(0);
  expect(summaries).toEqual([1, 2]);
  expect(epochs.map(({ valid }) => valid!.examples)).toEqual([6, 6]);
  expect(epochs[1]!.loss).toBe(reports.at(-1)!.loss);
});

test("gives the metrics asked for, of the validation", async () => {
  const learner = model();
  const metrics = { f1: ofConfusion(({ macro }) => macro.f1), auc: rocAucMetric, perplexity };
  const data = examples(96);
  const { epochs } = await fit(learner, data, {
    optimizer: optimizerOf(learner),
    epochs: 30,
    batchSize: 16,
    seed: 0,
    valid: data,
    metrics,
  });
  const [first, last] = [epochs[0]!.valid!, epochs.at(-1)!.valid!];
  expect(Object.keys(first.metrics)).toEqual(["f1", "auc", "perplexity"]);
  expect(first.metrics.f1).toBeCloseTo(classificationScores(first.confusion).macro.f1, 12);
  expect(first.metrics.auc).toBeLessThan(last.metrics.auc!);
  expect(last.metrics).toMatchObject({ f1: 1, auc: 1 });
  for (const { loss, metrics } of [first, last]) expect(metrics.perplexity).toBeCloseTo(Math.exp(loss), 6);
});

test.each([1024, 1025])("counts right answers of %i classes, without a table of more than 1,024", async (classes) => {
  const labels = tensor(Int32Array.of(0, classes - 1, -100, 7));
  const logits = full([4, classes], 0);
  for (const [row, said] of [0, classes - 1, 3, 8].entries()) logits.view()[row * classes + said] = 9;
  const objective = () => ({ loss: crossEntropy(logits, labels), weight: 3, logits, labels });
  const { accuracy, examples, confusion } = await evaluate(model(), ["a batch"], { objective });
  expect({ accuracy, examples }).toEqual({ accuracy: 2 / 3, examples: 3 });
  expect(confusion).toHaveLength(classes === 1024 ? 1024 : 0);
  expect(confusion[7]?.[8] ?? 1).toBe(1);
});

test("takes batches as they come, and leaves them alive", async () => {
  const learner = model();
  const int32 = (values: number[], ...shape: number[]) => tensor(Int32Array.from(values), shape);
  const batch = { ids: int32([1, 3, 2, 4], 2, 2), lengths: [2, 2], labels: int32([1, 0], 2) };
  const { steps } = await fit(learner, [batch, batch, batch], { optimizer: optimizerOf(learner), epochs: 2 });
  expect(steps).toBe(6);
  expect(batch.ids.alive && batch.labels.alive).toBe(true);
  expect((await evaluate(learner, [batch])).examples).toBe(2);
});

describe("mode", () => {
  test("fit trains, evaluate does not, and both leave the model as it was", async () => {
    const modes: string[] = [];
    class Watched extends SequenceClassifier {
      override forward(...args: Parameters<SequenceClassifier["forward"]>): never {
        modes.push(this.training ? "train" : "eval");
        return super.forward(...args) as never;
      }
    }
    const learner = new Watched({ vocabSize: 20, numClasses: 2, dModel: 4, numHeads: 1, numLayers: 1 }).eval();
    await fit(learner, examples(4), { optimizer: optimizerOf(learner), valid: examples(2) });
    expect(modes).toEqual(["train", "eval"]);
    expect(learner.training).toBe(false);
    await evaluate(learner.train(), examples(2));
    expect(learner.encoder.layers[0]!.dropout.training).toBe(true);
  });
});

describe("what cannot be trained on is refused", () => {
  test("an empty data set", async () => {
    const learner = model();
    await expect(fit(learner, [], { optimizer: optimizerOf(learner) })).rejects.toThrow(
      expect.objectContaining({ code: "DATA" }),
    );
    await expect(evaluate(learner, [])).rejects.toThrow(expect.objectContaining({ code: "DATA" }));
  });

  test.each<[string, () => DataLoader<Example, Batch>]>([
    ["without items", () => new DataLoader<Example, Batch>([], { collate: (items) => collate(items) })],
    [
      "whose only batch is not full",
      () => new DataLoader(examples(4), { batchSize: 5, dropLast: true, collate: (items) => collate(items) }),
    ],
    ["of a stream without items", () => new DataLoader(new Set<Example>(), { collate: (items) => collate(items) })],
  ])("a loader %s", async (_, make) => {
    const learner = model();
    await expect(fit(learner, make(), { optimizer: optimizerOf(learner) })).rejects.toThrow(
      expect.objectContaining({ code: "DATA" }),
    );
    await expect(evaluate(learner, make())).rejects.toThrow(expect.objectContaining({ code: "DATA" }));
  });

  test("a batch without a label that counts, and why", async () => {
    const learner = model();
    const nothing = [{ ids: [1, 2], label: -100 }];
    await expect(fit(learner, nothing, { optimizer: optimizerOf(learner) })).rejects.toThrow(
      /the loss must be finite, got NaN in step 1: written by no kernel, .*: does any label of the batch count\?/,
    );
  });

  test("a label outside the classes, before the parameters change", async () => {
    const learner = model();
    const before = values(learner);
    await expect(fit(learner, [{ ids: [3], label: 2 }], { optimizer: optimizerOf(learner) })).rejects.toThrow(
      expect.objectContaining({ code: "RANGE" }),
    );
    expect(values(learner)).toEqual(before);
  });

  test("a loss that is no longer finite, before the parameters change", async () => {
    const learner = model();
    learner.classifier.bias!.view()[0] = Number.NaN;
    const before = values(learner);
    const training = fit(learner, examples(4), { optimizer: optimizerOf(learner) });
    await expect(training).rejects.toThrow(
      expect.objectContaining({
        code: "STATE",
        message: expect.stringContaining("got NaN in step 1: parameter classifier.bias was not finite before"),
      }),
    );
    expect(values(learner)).toEqual(before);
  });

  test("an error in a callback ends the training with that error", async () => {
    const learner = model();
    const onProgress = () => {
      throw new Error("mine");
    };
    await expect(fit(learner, examples(4), { optimizer: optimizerOf(learner), onProgress })).rejects.toThrow("mine");
    scope(() => expect(learner.forward(tensor(Int32Array.of(3), [1, 1])).shape).toEqual([1, 2]));
  });
});

describe("metrics of an objective that gives the loss alone", () => {
  const batch = () => collate(examples(6));
  const objective = (learner: SequenceClassifier, { ids, lengths, labels }: Batch) =>
    crossEntropy(learner.forward(ids, { lengths }), labels);

  test("perplexity needs no more", async () => {
    const { loss, metrics } = await evaluate(model(), [batch()], { objective, metrics: { perplexity } });
    expect(metrics.perplexity).toBeCloseTo(Math.exp(loss), 6);
  });

  test("another says what it lacks", async () => {
    const evaluation = evaluate(model(), [batch()], { objective, metrics: { f1: ofConfusion(({ macro }) => macro.f1) } });
    await expect(evaluation).rejects.toThrow(/evaluate: the objective must give logits and labels for the metric f1, got none/);
  });
});

describe("without a validation", () => {
  test("the training's loss is what is monitored", async () => {
    const learner = model();
    const callbacks = [new EarlyStopping({ patience: 1, minDelta: 10 })];
    const result = await fit(learner, examples(8), { optimizer: optimizerOf(learner), epochs: 9, callbacks });
    expect(result.stopped).toMatch(/^loss has not improved on/);
    expect(result.epochs).toHaveLength(2);
  });
});

test.each([
  [() => new EarlyStopping({ patience: 0 }), /EarlyStopping: patience must be a whole number of at least 1, got 0/],
  [() => new EarlyStopping({ patience: Number.NaN }), /EarlyStopping: patience/],
  [() => new EarlyStopping({ minDelta: -1 }), /EarlyStopping: minDelta must be at least 0, got -1/],
  [() => new EarlyStopping({ mode: "lower" as "min" }), /EarlyStopping: mode must be min or max, got lower/],
  [() => new Checkpoints("runs/none", { mode: "lower" as "min" }), /Checkpoints: mode must be min or max, got lower/],
])("wrong options of callbacks are refused: %s", (make, message) => {
  expect(make).toThrow(message);
});

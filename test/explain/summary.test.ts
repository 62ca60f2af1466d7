import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Dropout,
  dispose,
  Embedding,
  GELU,
  init,
  Linear,
  LSTM,
  Module,
  ModuleList,
  MultiheadAttention,
  manualSeed,
  randn,
  runtime,
  SequenceClassifier,
  Sequential,
  scope,
  summary,
  type Tensor,
  tensor,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

describe("a summary", () => {
  test("has a row for each module, with what is inside it", () => {
    const model = new Sequential(new Linear(3, 5), new Sequential(new GELU(), new Linear(5, 2, { bias: false })));
    const { rows, parameters, trainable, flops } = summary(model, [7, 3]);
    const shown = rows.map(({ name, type, depth, outputs, parameters, flops, calls }) => [
      ...[name, type, depth],
      ...[outputs[0], parameters, flops, calls],
    ]);
    expect(shown).toEqual([
      ["", "Sequential", 0, [7, 2], 30, 350, 1],
      ["0", "Linear", 1, [7, 5], 20, 210, 1], // 2 · 7 · 3 · 5
      ["1", "Sequential", 1, [7, 2], 10, 140, 1],
      ["0", "GELU", 2, [7, 5], 0, 0, 1],
      ["1", "Linear", 2, [7, 2], 10, 140, 1],
    ]);
    expect([parameters, trainable, flops]).toEqual([30, 30, 350]);
  });

  test("counts attention, nothing masked, and projections that are not modules", () => {
    const [batch, length, width] = [2, 5, 6];
    const attention = new MultiheadAttention(width, 3);
    const x = randn([batch, length, width]);
    const { flops, rows } = summary(attention, x, x, x);
    expect(flops).toBe(2 * batch * length * width * (4 * width) + 4 * batch * length * length * width);
    expect(rows[0]!.outputs).toEqual([[2, 5, 6]]);
    const { rows: withWeights } = summary(attention, () => attention.forward(x, x, x, { needWeights: true }));
    expect(withWeights[0]!.outputs).toEqual([
      [2, 5, 6],
      [2, 5, 5],
    ]);
  });

  test("counts both products of a recurrent layer", () => {
    const [rows, inputSize, hiddenSize] = [2 * 5, 3, 4];
    expect(summary(new LSTM(inputSize, hiddenSize), [2, 5, 3]).flops).toBe(2 * rows * 4 * hiddenSize * (inputSize + hiddenSize));
  });

  test("says which modules are shared, how often they are called, and counts parameters once", () => {
    const linear = new Linear(4, 4, { bias: false });
    const { rows, parameters, flops } = summary(new Sequential(linear, linear, new Sequential(linear)), [1, 4]);
    expect(rows.map(({ name, calls, sharedWith }) => [name, calls, sharedWith])).toEqual([
      ["", 1, null],
      ["0", 3, null],
      ["2", 1, null],
      ["0", 3, "0"],
    ]);
    expect([parameters, flops]).toEqual([16, 96]);
  });

  test("leaves out what is not called, and knows frozen parameters", () => {
    class Half extends Module {
      readonly used = new Linear(2, 3);
      readonly unused = new ModuleList([new Linear(2, 2)]);
      forward(x: Tensor): Tensor {
        return this.used.forward(x);
      }
    }
    const model = new Half();
    model.used.requiresGrad(false);
    const { rows, parameters, trainable, memory } = summary(model, [1, 2]);
    expect(rows.map(({ name, calls, outputs }) => [name, calls, outputs])).toEqual([
      ["", 1, [[1, 3]]],
      ["used", 1, [[1, 3]]],
      ["unused", 0, []],
      ["0", 0, []],
    ]);
    expect([parameters, trainable]).toEqual([15, 6]);
    expect([memory.parameters, memory.training]).toEqual([60, 72]);
  });

  test("measures what a forward pass keeps", () => {
    const model = new Sequential(new Linear(64, 64), new GELU());
    const values = 4 * 100 * 64;
    const { activations } = summary(model, [100, 64]).memory; // the input of GELU, and the result
    expect(activations).toBeGreaterThanOrEqual(2 * values);
    expect(activations).toBeLessThan(2 * values + 512);
    const { activations: frozen } = summary(model.requiresGrad(false), [100, 64]).memory; // the result alone
    expect(frozen).toBeGreaterThanOrEqual(values);
    expect(frozen).toBeLessThan(values + 512);
  });
});

describe("nothing is different afterwards", () => {
  const model = () => new Sequential(new Linear(4, 4), new Dropout(0.5));

  test("no hook, no memory, no random number", () => {
    const [observed, other] = [model(), model()];
    const before = runtime.memory.used;
    manualSeed(5);
    summary(observed, [6, 4]);
    expect(runtime.memory.used).toBe(before);
    expect(observed.modules().every((module) => !Object.hasOwn(module, "forward"))).toBe(true);
    other.loadStateDict(observed.stateDict());
    scope(() => {
      const after = observed.forward(randn([6, 4])).toArray();
      manualSeed(5);
      expect(other.forward(randn([6, 4])).toArray()).toEqual(after);
    });
  });

  test("even if the model throws", () => {
    const failing = model();
    const before = runtime.memory.used;
    expect(() => summary(failing, [6, 5])).toThrow(expect.objectContaining({ code: "SHAPE" }));
    expect(failing.modules().every((module) => !Object.hasOwn(module, "forward"))).toBe(true);
    expect(runtime.memory.used).toBe(before);
  });
});

test("without a sample it says so", () => {
  expect(() => summary(new GELU())).toThrow(
    expect.objectContaining({
      code: "RANGE",
      message: "summary: needs a sample to run the model on: shapes or tensors, or a function that calls it",
    }),
  );
});

test("as a table", () => {
  const embedding = new Embedding(1000, 64);
  const model = new Sequential(embedding, new Linear(64, 1000, { weight: embedding.weight, bias: false }));
  embedding.weight.requiresGrad = false;
  expect(String(summary(model, tensor(new Int32Array(20), [2, 10])))).toBe(
    [
      "module   type        output         parameters   FLOPs",
      "──────────────────────────────────────────────────────",
      "(model)  Sequential  [2, 10, 1000]      64,000  2.56 M",
      "0        Embedding   [2, 10, 64]        64,000       0",
      "1        Linear      [2, 10, 1000]      64,000  2.56 M",
      "──────────────────────────────────────────────────────",
      "parameters   64,000, 64,000 of them frozen",
      "FLOPs        2.56 M forward: matrix products and attention, nothing masked",
      "memory       250.0 KiB parameters",
      "             0 B gradients and two moments, to train them with AdamW",
      "             80.0 KiB kept from a forward pass for its backward",
    ].join("\n"),
  );
  const options = { vocabSize: 9, numClasses: 2, dModel: 4, numHeads: 2, numLayers: 2 };
  const classifier = new SequenceClassifier(options);
  const lines = String(summary(classifier, () => classifier.forward(tensor(Int32Array.of(1, 2), [1, 2])))).split("\n");
  expect(lines.find((line) => line.includes("out_proj"))).toMatch(/^ {6}out_proj +Linear +\[1, 2, 4\] +20 +64$/);
});

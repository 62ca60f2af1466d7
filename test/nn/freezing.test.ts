import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const make = () => {
  manualSeed(3);
  return new SequenceClassifier({ vocabSize: 7, numClasses: 2, dModel: 4, numHeads: 2, numLayers: 2, dropout: 0 });
};
const backward = (model: SequenceClassifier) =>
  scope(() => crossEntropy(model.forward(tensor(Int32Array.of(1, 2, 3, 4), [2, 2])), tensor(Int32Array.of(0, 1))).backward());
const values = (model: SequenceClassifier) => new Map(model.namedParameters().map(([name, p]) => [name, p.toArray()]));

/** The names of what a step changes. */
function changed(model: SequenceClassifier, optimizer: AdamW): string[] {
  const before = values(model);
  backward(model);
  optimizer.step();
  optimizer.zeroGrad();
  return [...values(model)].filter(([name, now]) => `${now}` !== `${before.get(name)}`).map(([name]) => name);
}

const options = { lr: 0.1, weightDecay: 0.5 }; // what is decayed changes, gradient or not
const names = (model: SequenceClassifier, pattern: RegExp) =>
  model.namedParameters().flatMap(([name]) => (pattern.test(name) ? [name] : []));

describe("a frozen parameter", () => {
  test("gets no gradient, and computes none for those before it", () => {
    const model = make().freeze(/^(embedding|encoder)\./);
    backward(model);
    expect(model.namedParameters().flatMap(([name, { grad }]) => (grad ? [name] : []))).toEqual([
      "classifier.weight",
      "classifier.bias",
    ]);
  });

  test("is left alone by an optimizer made before", () => {
    const model = make();
    const optimizer = new AdamW(model.parameters(), options);
    expect(changed(model, optimizer)).toEqual(names(model, /./));
    model.freeze(/norm|layers\.0\.linear/);
    expect(changed(model, optimizer)).toEqual(names(model, /^(?!.*(norm|layers\.0\.linear))/));
    model.unfreeze(/norm/);
    expect(changed(model, optimizer)).toEqual(names(model, /^(?!.*layers\.0\.linear)/));
  });

  test("is left alone by an optimizer made after, and takes no memory in it", () => {
    const model = make().freeze(/^encoder\./);
    const before = runtime.memory.used;
    const optimizer = new AdamW(model.parameters(), options);
    const trained = model.parameters().filter(({ requiresGrad }) => requiresGrad);
    const bytes = trained.reduce((sum, { length }) => sum + 4 * 16 * Math.ceil(length / 16), 0);
    expect(runtime.memory.used - before).toBeLessThan(4 * bytes + 1024);
    expect(changed(model, optimizer)).toEqual(names(model, /^(embedding|classifier)/));
  });

  test("is refused rather than left untrained if it is unfrozen after that", () => {
    const model = make().freeze(/^classifier\.bias/);
    const optimizer = new AdamW(model.parameters(), options);
    model.unfreeze(/classifier/);
    const before = values(model);
    backward(model);
    expect(() => optimizer.step()).toThrow(
      expect.objectContaining({
        code: "STATE",
        message: expect.stringMatching(/^AdamW: a parameter \[2\] is trained that was frozen when this optimizer was made/),
      }),
    );
    expect(values(model)).toEqual(before);
  });

  test("counts nothing in the norm of the gradients, even if it had one", () => {
    const model = make();
    const optimizer = new AdamW(model.parameters(), options);
    backward(model);
    model.freeze(/^encoder\./);
    const own = model.parameters().filter(({ requiresGrad }) => requiresGrad);
    const squares = own.flatMap(({ grad }) => [...grad!.view()]).reduce((sum, value) => sum + value * value, 0);
    expect(clipGradNorm(model.parameters(), 1e9)).toBeCloseTo(Math.sqrt(squares), 6);
    optimizer.dispose();
  });
});

test("requiresGrad is for the whole module", () => {
  const model = make();
  expect(model.encoder.requiresGrad(false)).toBe(model.encoder);
  const trained = () => model.namedParameters().flatMap(([name, { requiresGrad }]) => (requiresGrad ? [name] : []));
  expect(trained()).toEqual(names(model, /^(embedding|classifier)/));
  model.requiresGrad();
  expect(trained()).toEqual(names(model, /./));
});

test("a global pattern does not skip every other name", () => {
  const model = make().freeze(/encoder/g);
  expect(model.encoder.parameters().some(({ requiresGrad }) => requiresGrad)).toBe(false);
});

test("a pattern that matches nothing is refused", () => {
  const model = make();
  for (const op of ["freeze", "unfreeze"] as const)
    expect(() => model[op](/^encodr\./)).toThrow(
      expect.objectContaining({
        code: "RANGE",
        message:
          `${op}: /^encodr\\./ must match a parameter of SequenceClassifier, whose names are like ` +
          "embedding.weight, encoder.layers.0.self_attn.in_proj_weight, encoder.layers.0.self_attn.in_proj_bias",
      }),
    );
});

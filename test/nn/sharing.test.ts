import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  AdamW,
  crossEntropy,
  dispose,
  Embedding,
  init,
  Linear,
  loadSafetensors,
  Module,
  ModuleList,
  manualSeed,
  ones,
  parseSafetensors,
  saveSafetensors,
  scope,
  type Tensor,
  TransformerEncoderLayer,
  tensor,
  zeros,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

/** Embeddings that also project onto the vocabulary (Press and Wolf 2017), over one layer that is used three times (Lan et al. 2020). */
class Tied extends Module {
  readonly embedding = new Embedding(5, 4);
  readonly layers: ModuleList<TransformerEncoderLayer>;
  readonly head = new Linear(4, 5, { weight: this.embedding.weight, bias: false });

  constructor() {
    super();
    const layer = new TransformerEncoderLayer(4, 2, { dimFeedforward: 3, dropout: 0 });
    this.layers = new ModuleList([layer, layer, layer]);
  }

  forward(ids: Tensor): Tensor {
    return scope(() => {
      let x = this.embedding.forward(ids);
      for (const layer of this.layers) x = layer.forward(x);
      return this.head.forward(x);
    });
  }
}

const ids = () => tensor(Int32Array.of(0, 3, 1, 4, 2, 3), [2, 3]);
const values = (module: Module) => [...module.stateDict()].map(([name, parameter]) => [name, parameter.toArray()]);
const saved = (module: Module) => saveSafetensors(module.stateDict());

describe("shared parameters", () => {
  test("have all their names, and are each one parameter", () => {
    const model = new Tied();
    const layer = [...model.layers.at(0).stateDict().keys()];
    expect([...model.stateDict().keys()].sort()).toEqual(
      [...["embedding.weight", "head.weight"], ...[0, 1, 2].flatMap((i) => layer.map((key) => `layers.${i}.${key}`))].sort(),
    );
    expect(model.namedParameters().map(([name]) => name)).toEqual(["embedding.weight", ...layer.map((key) => `layers.0.${key}`)]);
  });

  test("are saved once, and loaded into all who share them", () => {
    const [model, other] = [new Tied(), new Tied()];
    const { tensors, metadata } = parseSafetensors(saved(model));
    expect([...tensors.keys()].sort()).toEqual(
      model
        .namedParameters()
        .map(([name]) => name)
        .sort(),
    );
    expect(metadata.get("head.weight")).toBe("embedding.weight");
    expect(metadata.get("layers.2.norm1.bias")).toBe("layers.0.norm1.bias");
    expect(other.loadStateDict(loadSafetensors(saved(model)))).toEqual({ missing: [], unexpected: [] });
    expect(values(other)).toEqual(values(model));
    expect(other.head.weight).toBe(other.embedding.weight);
  });

  test("are loaded from any one of their names, or from several that agree", () => {
    const model = new Tied();
    const state = () => {
      const given = new Map(new Tied().stateDict());
      given.set("embedding.weight", ones([5, 4])).set("head.weight", ones([5, 4]));
      return given;
    };
    model.loadStateDict(state()); // as torch.save writes it
    expect(model.head.weight.toArray()).toEqual(new Float32Array(20).fill(1));
    const one = state();
    one.delete("embedding.weight");
    one.set("head.weight", zeros([5, 4]));
    expect(model.loadStateDict(one).missing).toEqual([]);
    expect(model.embedding.weight.toArray()).toEqual(new Float32Array(20));
  });

  test("refuse two names that disagree, and load nothing then", () => {
    const model = new Tied();
    const before = values(model);
    const given = new Map<string, Tensor>(model.stateDict()).set("head.weight", ones([5, 4]));
    expect(() => model.loadStateDict(given)).toThrow(
      expect.objectContaining({
        code: "STATE",
        message:
          "loadStateDict: the state does not fit Tied: " +
          '"embedding.weight", "head.weight" are one parameter, got different values. Nothing was loaded.',
      }),
    );
    expect(values(model)).toEqual(before);
  });

  test("are missing under all their names if none is given", () => {
    const given = new Map<string, Tensor>(new Tied().stateDict());
    given.delete("head.weight");
    given.delete("embedding.weight");
    expect(() => new Tied().loadStateDict(given)).toThrow('missing "embedding.weight", "head.weight"');
  });

  test("get the gradients of all their uses, and are stepped once", () => {
    manualSeed(1);
    const model = new Tied();
    const apart = new Tied();
    // The same function with a projection of its own: its gradient and the embedding's add up to the tied one.
    const head = new Linear(4, 5, { bias: false });
    apart.loadStateDict(model.stateDict());
    head.loadStateDict({ weight: model.head.weight });
    Object.assign(apart, { head });
    for (const each of [model, apart])
      scope(() => crossEntropy(each.forward(ids()).reshape([6, 5]), tensor(Int32Array.of(1, 0, 2, 3, 4, 0))).backward());
    const [embedding, projection] = [apart.embedding.weight.grad!.view(), head.weight.grad!.view()];
    model.head.weight.grad!.view().forEach((value: number, i: number) => {
      expect(value).toBeCloseTo(embedding[i]! + projection[i]!, 6);
    });
    const before = model.head.weight.toArray();
    const optimizer = new AdamW(model.parameters(), { lr: 0.1, weightDecay: 0 });
    optimizer.step();
    model.head.weight.view().forEach((value: number, i: number) => {
      expect(Math.abs(value - before[i]!)).toBeLessThan(0.1001); // Adam's first step is lr
    });
    expect(model.head.weight).toBe(model.embedding.weight);
  });
});

test("a Linear shares parameters only, of its own shape", () => {
  const { weight } = new Embedding(5, 4);
  expect(() => new Linear(5, 4, { weight })).toThrow("Linear: weight must be [4, 5], got [5, 4]");
  expect(() => new Linear(4, 5, { weight: zeros([5, 4]) })).toThrow(
    "Linear: weight must be a module's parameter, got another tensor [5, 4]; parameter() makes it one",
  );
  weight.requiresGrad = false;
  expect(new Linear(4, 5, { weight }).weight.requiresGrad).toBe(false);
});

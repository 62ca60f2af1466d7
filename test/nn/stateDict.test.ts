import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  dispose,
  init,
  LayerNorm,
  Linear,
  Module,
  MultiheadAttention,
  parameter,
  type Tensor,
  TransformerEncoder,
  TransformerEncoderLayer,
  tensor,
  zeros,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const shapes = (module: Module) => Object.fromEntries([...module.stateDict()].map(([name, { shape }]) => [name, shape]));

describe("keys and shapes are PyTorch's", () => {
  test("MultiheadAttention", () => {
    expect(shapes(new MultiheadAttention(6, 2))).toEqual({
      in_proj_weight: [18, 6],
      in_proj_bias: [18],
      "out_proj.weight": [6, 6],
      "out_proj.bias": [6],
    });
  });

  test("MultiheadAttention with other widths, extra key and no bias", () => {
    expect(shapes(new MultiheadAttention(6, 2, { kdim: 5, vdim: 4, bias: false, addBiasKv: true }))).toEqual({
      q_proj_weight: [6, 6],
      k_proj_weight: [6, 5],
      v_proj_weight: [6, 4],
      bias_k: [1, 1, 6],
      bias_v: [1, 1, 6],
      "out_proj.weight": [6, 6],
    });
  });

  test("TransformerEncoder, in PyTorch's order", () => {
    const encoder = new TransformerEncoder(new TransformerEncoderLayer(4, 2, { dimFeedforward: 3 }), 2, {
      norm: new LayerNorm(4),
    });
    const layer = (i: number) => [
      ...["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"].map((key) => `layers.${i}.self_attn.${key}`),
      ...["linear1", "linear2", "norm1", "norm2"].flatMap((key) => [`layers.${i}.${key}.weight`, `layers.${i}.${key}.bias`]),
    ];
    expect([...encoder.stateDict().keys()]).toEqual([...layer(0), ...layer(1), "norm.weight", "norm.bias"]);
  });
});

describe("loadStateDict", () => {
  test("copies values, from a map or an object", () => {
    const linear = new Linear(2, 1);
    const state = { weight: tensor([[1, 2]]), bias: tensor([3]) };
    linear.loadStateDict(state);
    expect(linear.weight.toNested()).toEqual([[1, 2]]);
    state.weight.view().fill(7);
    expect(linear.weight.toNested()).toEqual([[1, 2]]);
    linear.loadStateDict(new Map(Object.entries(state)));
    expect(linear.weight.toNested()).toEqual([[7, 7]]);
  });

  test("names every missing, unexpected and misfitting key in one error and loads nothing", () => {
    const layer = new TransformerEncoderLayer(4, 2, { dimFeedforward: 3 });
    const state = layer.stateDict();
    const before = state.get("norm1.weight")!.toArray();
    const given = new Map<string, Tensor>(state);
    given.set("norm1.weight", zeros([4]));
    given.delete("linear1.bias");
    given.delete("norm2.weight");
    given.set("linear3.bias", zeros([1]));
    given.set("linear2.weight", zeros([3, 4]));
    given.set("norm2.bias", zeros([4], { dtype: "int32" }));
    expect(() => layer.loadStateDict(given)).toThrow(
      expect.objectContaining({
        code: "STATE",
        message:
          'loadStateDict: the state does not fit TransformerEncoderLayer: missing "linear1.bias", "norm2.weight"; ' +
          '"linear2.weight" must be [4, 3], got [3, 4]; "norm2.bias" must be float32, got int32; ' +
          'unexpected "linear3.bias". Nothing was loaded.',
      }),
    );
    expect(layer.norm1.weight!.toArray()).toEqual(before);
  });

  test("strict: false lets be what is missing or unexpected, and says which", () => {
    const linear = new Linear(2, 1);
    const result = linear.loadStateDict({ weight: tensor([[1, 2]]), other: zeros([1]) }, { strict: false });
    expect(result).toEqual({ missing: ["bias"], unexpected: ["other"] });
    expect(linear.weight.toNested()).toEqual([[1, 2]]);
    expect(() => linear.loadStateDict({ weight: zeros([2, 2]) }, { strict: false })).toThrow(
      expect.objectContaining({ code: "STATE" }),
    );
  });
});

test("a parameter shared by two modules has two keys but is one parameter", () => {
  class Tied extends Module {
    readonly first = new Linear(2, 2, { bias: false });
    readonly copies = [{ notAModule: true }, new Linear(2, 2)];
    readonly tied = this.first.weight;
    readonly gate = parameter(zeros([2]));
    readonly table = zeros([2]);
    forward(x: Tensor): Tensor {
      return x;
    }
  }
  const tied = new Tied();
  expect([...tied.stateDict().keys()]).toEqual(["tied", "gate", "first.weight", "copies.1.weight", "copies.1.bias"]);
  expect(tied.namedParameters().map(([name]) => name)).toEqual(["tied", "gate", "copies.1.weight", "copies.1.bias"]);
  expect(tied.parameters()).toHaveLength(4);
});

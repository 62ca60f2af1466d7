import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  dispose,
  GELU,
  GLU,
  gelu,
  init,
  manualSeed,
  ReLU,
  randn,
  relu,
  Sigmoid,
  SiLU,
  SwiGLU,
  scope,
  sum,
  Tanh,
  type Tensor,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  tensor,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

test.each<[string, { forward(x: Tensor): Tensor }, (x: number) => number]>([
  ["SiLU", new SiLU(), (x) => x * sigmoid(x)],
  ["Sigmoid", new Sigmoid(), sigmoid],
  ["Tanh", new Tanh(), Math.tanh],
  ["ReLU", new ReLU(), (x) => Math.max(x, 0)],
])("%s", (_, module, want) => {
  scope(() => {
    const values = [-3, -0.5, 0, 0.25, 4];
    module
      .forward(tensor(values))
      .view()
      .forEach((value: number, i: number) => {
        expect(value).toBeCloseTo(want(values[i]!), 6);
      });
  });
});

test("GLU gates the first half by the second, GELU takes its formula", () => {
  scope(() => {
    const x = tensor([
      [1, 2, 0, -1],
      [3, 4, 100, -100],
    ]);
    const rows = new GLU().forward(x).toNested() as number[][];
    expect(rows[0]![0]).toBeCloseTo(0.5, 6);
    expect(rows[0]![1]).toBeCloseTo(2 * sigmoid(-1), 6);
    expect(rows[1]).toEqual([3, 0]);
    expect(new GLU({ axis: 0 }).forward(x).shape).toEqual([1, 4]);
    expect(new GELU({ approximate: "tanh" }).forward(x).toArray()).toEqual(gelu(x, { approximate: "tanh" }).toArray());
  });
});

test("SwiGLU has Llama's keys and is down(silu(gate(x)) · up(x))", () => {
  scope(() => {
    manualSeed(1);
    const module = new SwiGLU(4, 6);
    expect([...module.stateDict()].map(([name, { shape }]) => [name, shape])).toEqual([
      ["gate_proj.weight", [6, 4]],
      ["up_proj.weight", [6, 4]],
      ["down_proj.weight", [4, 6]],
    ]);
    const x = randn([2, 3, 4]);
    const [gate, up] = [module.gateProj, module.upProj].map((layer) => layer.forward(x).view());
    const hidden = tensor(
      Float32Array.from(gate!, (g, i) => g * sigmoid(g) * up![i]!),
      [2, 3, 6],
    );
    const want = module.downProj.forward(hidden).view();
    module
      .forward(x)
      .view()
      .forEach((value: number, i: number) => {
        expect(value).toBeCloseTo(want[i]!, 5);
      });
    expect(new SwiGLU(4, 6, { bias: true }).stateDict().size).toBe(6);
  });
});

describe.each(["relu", "gelu", "silu", "swiglu"] as const)("a layer's feed-forward network with %s", (activation) => {
  const bend: Record<string, (x: Tensor) => Tensor> = { relu, gelu, silu: (x) => new SiLU().forward(x) };
  const options = { activation, dimFeedforward: 6, dropout: 0, normFirst: true };

  test("is what it says", () => {
    scope(() => {
      const layer = new TransformerEncoderLayer(4, 2, options);
      expect(layer.linear1.weight.shape).toEqual([activation === "swiglu" ? 12 : 6, 4]);
      for (const parameter of layer.selfAttn.parameters()) parameter.view().fill(0); // attention gives 0: x passes
      const x = randn([2, 3, 4]);
      const hidden = layer.linear1.forward(layer.norm2.forward(x));
      const bent = bend[activation]?.(hidden) ?? gated(hidden);
      const want = layer.linear2.forward(bent).view();
      layer
        .forward(x)
        .view()
        .forEach((value: number, i: number) => {
          expect(value - x.view()[i]!).toBeCloseTo(want[i]!, 5);
        });
    });
  });

  test("trains in a decoder layer too", () => {
    scope(() => {
      const layer = new TransformerDecoderLayer(4, 2, options);
      sum(layer.forward(randn([2, 3, 4]), randn([2, 5, 4]))).backward();
      for (const [name, { grad }] of layer.namedParameters()) expect(grad, name).not.toBeNull();
    });
  });
});

/** The first half of a row is the gate. */
function gated(x: Tensor): Tensor {
  const width = x.shape.at(-1)! / 2;
  const view = x.view();
  const values = Float32Array.from({ length: x.length / 2 }, (_, i) => {
    const at = Math.floor(i / width) * 2 * width + (i % width);
    return view[at]! * sigmoid(view[at]!) * view[at + width]!;
  });
  return tensor(values, x.shape.with(-1, width));
}

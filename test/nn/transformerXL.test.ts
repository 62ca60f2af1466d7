import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  alibi,
  concat,
  dispose,
  init,
  keepAlive,
  LayerNorm,
  manualSeed,
  narrow,
  type PositionalEncoding,
  randn,
  rotary,
  runtime,
  scope,
  sum,
  type Tensor,
  TransformerEncoderLayer,
  TransformerXL,
  xlRelative,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const [batch, seqLen, dModel, numHeads, numLayers] = [2, 9, 12, 3, 3] as const;

function make({ memoryLen = 9, normFirst = false, positional = xlRelative() as PositionalEncoding } = {}): TransformerXL {
  manualSeed(6);
  const layer = new TransformerEncoderLayer(dModel, numHeads, { dimFeedforward: 16, positional, normFirst });
  const model = new TransformerXL(layer, numLayers, { memoryLen, norm: normFirst ? new LayerNorm(dModel) : null });
  for (const [name, parameter] of model.namedParameters())
    if (name.includes("positional")) parameter.view().set(randn(parameter.shape).view());
  return model.eval();
}

const part = (x: Tensor, start: number, length: number) => narrow(x, { axis: 1, start, length });

function furthest(ours: Tensor, theirs: Tensor): number {
  expect(ours.shape).toEqual(theirs.shape);
  return Math.max(...Array.from(ours.view(), (value, i) => Math.abs(value - theirs.view()[i]!)));
}

describe.each([
  { name: "post-norm", options: {} },
  { name: "pre-norm", options: { normFirst: true } },
  { name: "with rotary", options: { positional: rotary() } },
  { name: "with alibi", options: { positional: alibi() } },
])("$name", ({ options }) => {
  test("segments give what one long one gives, inside the memory", () => {
    scope(() => {
      const model = make(options);
      const x = randn([batch, seqLen, dModel]);
      const whole = model.forward(x, { isCausal: true, needWeights: true });
      let memory: Tensor[] | null = null;
      for (const [start, length] of [
        [0, 4],
        [4, 3],
        [7, 2],
      ] as const) {
        const result = model.forward(part(x, start, length), { memory, isCausal: true, needWeights: true });
        expect(furthest(result.out, part(whole.out, start, length))).toBeLessThan(3e-6);
        memory = result.memory;
      }
      expect(memory!.map(({ shape }) => shape)).toEqual(Array(numLayers).fill([batch, 9, dModel]));
    });
  });

  test("beyond the memory they do not", () => {
    scope(() => {
      const model = make({ ...options, memoryLen: 2 });
      const x = randn([batch, seqLen, dModel]);
      const whole = part(model.forward(x, { isCausal: true }).out, 5, 4);
      const { memory } = model.forward(part(x, 0, 5), { isCausal: true });
      expect(memory[0]!.shape).toEqual([batch, 2, dModel]);
      expect([...memory[0]!.view()]).toEqual([...part(x, 3, 2).view()]);
      expect(furthest(model.forward(part(x, 5, 4), { memory, isCausal: true }).out, whole)).toBeGreaterThan(1e-3);
    });
  });
});

test("the first tokens of a long memory are forgotten, in every layer", () => {
  scope(() => {
    const model = make({ memoryLen: 5 });
    const x = randn([batch, seqLen, dModel]);
    const first = model.forward(part(x, 0, 4), { isCausal: true });
    const second = model.forward(part(x, 4, 3), { memory: first.memory, isCausal: true });
    second.memory.forEach((states, layer) => {
      expect(states.shape).toEqual([batch, 5, dModel]);
      expect([...part(states, 0, 2).view()]).toEqual([...part(first.memory[layer]!, 2, 2).view()]);
    });
    expect([...second.memory[0]!.view()]).toEqual([...part(x, 2, 5).view()]);
  });
});

test("no gradient flows into the memory; parameters get theirs from the memory's keys too", () => {
  scope(() => {
    const model = make();
    const [before, x] = [randn([batch, 4, dModel], { requiresGrad: true }), randn([batch, 3, dModel], { requiresGrad: true })];
    const { memory } = model.forward(before, { isCausal: true });
    expect(memory.some(({ requiresGrad }) => requiresGrad)).toBe(false);
    const keyGradient = (memory: Tensor[] | null) => {
      for (const parameter of model.parameters()) parameter.zeroGrad();
      sum(narrow(model.forward(x, { memory, isCausal: true }).out, { axis: 2, start: 0, length: 2 })).backward();
      return model.layers[0]!.selfAttn.inProjWeight!.grad!.toArray();
    };
    expect(keyGradient(memory)).not.toEqual(keyGradient(null));
    expect(before.grad).toBeNull();
    expect(x.grad).not.toBeNull();
  });
});

test("lengths of a segment leave its padding out, and not the memory", () => {
  scope(() => {
    const model = make();
    const x = randn([batch, seqLen, dModel]);
    const { memory } = model.forward(part(x, 0, 4), { isCausal: true });
    const clean = model.forward(part(x, 4, 3), { memory }).out;
    const padded = concat([part(x, 4, 3), randn([batch, 2, dModel])], { axis: 1 });
    const ours = model.forward(padded, { memory, lengths: [3, 3] });
    expect(furthest(part(ours.out, 0, 3), clean)).toBeLessThan(3e-6);
  });
});

test("a run over many segments holds one memory at a time", () => {
  const model = make({ memoryLen: 4 });
  const used: number[] = [];
  let memory: Tensor[] | null = null;
  for (let segment = 0; segment < 4; segment += 1) {
    const before: Tensor[] | null = memory;
    memory = scope(() => {
      const result = model.forward(randn([batch, 4, dModel]), { memory: before, isCausal: true });
      sum(result.out).backward();
      return result.memory;
    });
    for (const states of before ?? []) states.dispose();
    used.push(runtime.memory.used);
  }
  expect(used[3]).toBe(used[1]);
  for (const states of memory!) states.dispose();
  model.dispose();
});

describe("what does not fit is refused", () => {
  const refused: [string, (model: TransformerXL, x: Tensor) => unknown, string][] = [
    ["a memory of other layers", (model, x) => model.forward(x, { memory: [x] }), "SHAPE"],
    ["a memory of another batch", (model, x) => model.forward(x, { memory: Array(3).fill(randn([1, 4, dModel])) }), "SHAPE"],
    ["no layers", () => new TransformerXL(new TransformerEncoderLayer(4, 2), 0, { memoryLen: 1 }), "RANGE"],
    ["a negative memory", () => new TransformerXL(new TransformerEncoderLayer(4, 2), 1, { memoryLen: -1 }), "RANGE"],
  ];
  test.each(refused)("%s", (_, call, code) => {
    scope(() => {
      const model = keepAlive(make());
      expect(() => call(model, randn([batch, seqLen, dModel]))).toThrow(expect.objectContaining({ code }));
    });
  });
});

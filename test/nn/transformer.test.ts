import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  alibi,
  causal,
  dispose,
  init,
  manualSeed,
  randn,
  runtime,
  scope,
  type Tensor,
  Transformer,
  TransformerDecoder,
  TransformerDecoderLayer,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const [batch, srcLen, tgtLen, dModel, numHeads] = [2, 5, 3, 6, 2] as const;
const options = { dModel, numHeads, numEncoderLayers: 2, numDecoderLayers: 2, dimFeedforward: 7 };

function make(): { model: Transformer; src: Tensor; tgt: Tensor } {
  manualSeed(4);
  return {
    model: new Transformer(options).eval(),
    src: randn([batch, srcLen, dModel]),
    tgt: randn([batch, tgtLen, dModel]),
  };
}

/** The outputs of target token `position` of each item. */
const rowsAt = (out: Tensor, position: number) => (out.toNested() as number[][][]).map((item) => item[position]!);

test("the weights are given for each layer, head and kind of attention", () => {
  scope(() => {
    const { model, src, tgt } = make();
    const call = { srcLengths: [5, 2], decoderMask: causal() };
    const result = model.forward(src, tgt, { ...call, needWeights: true });
    expect(result.out.toArray()).toEqual(model.forward(src, tgt, call).toArray());
    const shapes = (weights: readonly Tensor[]) => weights.map(({ shape }) => shape);
    expect(shapes(result.encoderWeights)).toEqual(Array(2).fill([batch, numHeads, srcLen, srcLen]));
    expect(shapes(result.weights)).toEqual(Array(2).fill([batch, numHeads, tgtLen, tgtLen]));
    expect(shapes(result.crossWeights)).toEqual(Array(2).fill([batch, numHeads, tgtLen, srcLen]));
    for (const row of (result.crossWeights[1]!.toNested() as number[][][][])[1]!.flat()) {
      expect(row[0]! + row[1]!).toBeCloseTo(1, 6);
      expect(row.slice(2)).toEqual([0, 0, 0]);
    }
  });
});

test("padding of the source changes nothing, in the encoder or the decoder", () => {
  scope(() => {
    const { model, src, tgt } = make();
    const run = () => model.forward(src, tgt, { srcLengths: [5, 2] }).toArray();
    const before = run();
    src.view().fill(9, src.length - 3 * dModel);
    expect(run()).toEqual(before);
    expect(model.forward(src, tgt, { srcLengths: [5, 2], memoryLengths: [5, 5] }).toArray()).not.toEqual(before);
  });
});

test("under a causal mask a token of the target depends on those before it alone", () => {
  scope(() => {
    const { model, src, tgt } = make();
    const run = (call: object) => model.forward(src, tgt, call);
    const [masked, theirs, open] = [run({ decoderMask: causal() }), run({ tgtIsCausal: true }), run({})];
    expect(theirs.toArray()).toEqual(masked.toArray());
    const view = tgt.view();
    for (let item = 1; item <= batch; item += 1) view[item * tgtLen * dModel - 1] = 7; // the last token of each
    expect(rowsAt(run({ decoderMask: causal() }), 1)).toEqual(rowsAt(masked, 1));
    expect(rowsAt(run({}), 1)).not.toEqual(rowsAt(open, 1));
  });
});

test("every layer of a decoder has values of its own", () => {
  const { layers } = new TransformerDecoder(new TransformerDecoderLayer(4, 2), 2);
  expect(layers[1]!.multiheadAttn.outProj.weight.toArray()).not.toEqual(layers[0]!.multiheadAttn.outProj.weight.toArray());
});

test("an encoding of positions is for the decoder's self-attention alone", () => {
  const { selfAttn, multiheadAttn } = new TransformerDecoderLayer(4, 2, { positional: alibi() });
  expect([selfAttn.positional?.isForAttention, multiheadAttn.positional]).toEqual([true, null]);
});

test("forward leaves nothing behind but its result", () => {
  const { model, src, tgt } = make();
  const before = runtime.memory.used;
  const { out, weights, crossWeights, encoderWeights } = model.forward(src, tgt, { needWeights: true });
  for (const tensor of [out, ...weights, ...crossWeights, ...encoderWeights]) tensor.dispose();
  expect(runtime.memory.used).toBe(before);
});

describe("PyTorch's state", () => {
  const layer = (prefix: string, attentions: string[], parts: string[]) => [
    ...attentions.flatMap((name) =>
      ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"].map((key) => `${prefix}.${name}.${key}`),
    ),
    ...parts.flatMap((part) => [`${prefix}.${part}.weight`, `${prefix}.${part}.bias`]),
  ];

  test("its keys, in its order", () => {
    const { model } = make();
    expect([...model.stateDict().keys()]).toEqual([
      ...[0, 1].flatMap((i) => layer(`encoder.layers.${i}`, ["self_attn"], ["linear1", "linear2", "norm1", "norm2"])),
      ...["encoder.norm.weight", "encoder.norm.bias"],
      ...[0, 1].flatMap((i) =>
        layer(`decoder.layers.${i}`, ["self_attn", "multihead_attn"], ["linear1", "linear2", "norm1", "norm2", "norm3"]),
      ),
      ...["decoder.norm.weight", "decoder.norm.bias"],
    ]);
  });

  test("its defaults", () => {
    const { encoder, decoder } = new Transformer({ dModel: 16, numHeads: 2, dimFeedforward: 8 });
    const [, last] = [encoder.layers, decoder.layers].map(({ length }) => length);
    expect([encoder.layers.length, last]).toEqual([6, 6]);
    const { dropout3, norm3, normFirst, activation } = decoder.layers[5]!;
    expect([dropout3.p, norm3.eps, normFirst, activation]).toEqual([0.1, 1e-5, false, "relu"]);
  });

  test("its initial values: Xavier over every matrix, also of the linear layers", () => {
    manualSeed(6);
    const { encoder, decoder } = new Transformer({ ...options, dModel: 100, dimFeedforward: 200 });
    for (const weight of [encoder.layers[1]!.linear1.weight, decoder.layers[0]!.linear2.weight]) {
      const largest = Math.max(...Array.from(weight.view(), Math.abs));
      const bound = Math.sqrt(6 / (weight.shape[0]! + weight.shape[1]!));
      expect(largest).toBeLessThanOrEqual(bound);
      expect(largest).toBeGreaterThan(0.98 * bound);
    }
  });
});

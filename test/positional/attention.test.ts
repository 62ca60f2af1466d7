import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  alibi,
  causal,
  crossEntropy,
  dispose,
  full,
  init,
  lengths,
  linear,
  MultiheadAttention,
  type MultiheadAttentionOptions,
  manualSeed,
  Positional,
  type PositionalEncoding,
  randn,
  rotary,
  SequenceClassifier,
  scope,
  shaw,
  sinusoidal,
  sum,
  type Tensor,
  TransformerEncoder,
  TransformerEncoderLayer,
  t5Bias,
  tensor,
  xlRelative,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const [batch, seqLen, embedDim, numHeads] = [2, 5, 12, 3] as const;

function make(options: MultiheadAttentionOptions = {}): { attention: MultiheadAttention; x: Tensor } {
  manualSeed(5);
  return { attention: new MultiheadAttention(embedDim, numHeads, options), x: randn([batch, seqLen, embedDim]) };
}

/** What attention asks of an encoding, written down. */
function spy(): { calls: unknown[][]; encoding: PositionalEncoding } {
  const calls: unknown[][] = [];
  const encoding: PositionalEncoding = (dims) => ({
    rotate(query, key, places) {
      calls.push(["rotate", dims, query.shape, key.shape, places]);
      return [query, key];
    },
    bias(query, key, { scale, ...places }) {
      calls.push(["bias", query.shape, key.shape, places, scale]);
      return causal();
    },
  });
  return { calls, encoding };
}

test("attention asks rotate, then bias, with the places it was given", () => {
  scope(() => {
    const { calls, encoding } = spy();
    const { attention, x } = make({ positional: encoding });
    attention.forward(x, x, x, { places: { query: 3 } });
    const heads = [batch, seqLen, numHeads, embedDim / numHeads];
    expect(calls).toEqual([
      ["rotate", { embedDim, numHeads, headDim: embedDim / numHeads }, heads, heads, { query: 3 }],
      ["bias", heads, heads, { query: 3 }, 1 / Math.sqrt(embedDim / numHeads)],
    ]);
  });
});

test("what bias gives is combined with the mask of the call", () => {
  scope(() => {
    const { attention, x } = make({ positional: spy().encoding });
    const plain = make().attention;
    const ours = attention.forward(x, x, x, { mask: lengths([5, 3]), needWeights: true });
    const theirs = plain.forward(x, x, x, { mask: lengths([5, 3]), isCausal: true, needWeights: true });
    expect(ours.out.toArray()).toEqual(theirs.out.toArray());
    expect(ours.weights!.toArray()).toEqual(theirs.weights!.toArray());
  });
});

test("extra keys have no position: neither rotate nor bias sees them", () => {
  scope(() => {
    const { calls, encoding } = spy();
    const { attention, x } = make({ positional: encoding, addBiasKv: true, addZeroAttn: true });
    const { weights } = attention.forward(x, x, x, { needWeights: true });
    expect(calls.map(([hook, ...rest]) => [hook, (rest.at(hook === "bias" ? 1 : 2) as number[])[1]])).toEqual([
      ["rotate", seqLen],
      ["bias", seqLen],
    ]);
    const rows = (weights!.toNested() as number[][][]).flat();
    for (const row of rows) expect(row[seqLen]! * row[seqLen + 1]!).toBeGreaterThan(0);
  });
});

test("values are added to what the heads give; the weights stay as they are and are given only if asked for", () => {
  scope(() => {
    const positional: PositionalEncoding = () => ({ values: () => full([batch, seqLen, numHeads, embedDim / numHeads], 2) });
    const { attention, x } = make({ positional });
    const plain = make().attention;
    const ours = attention.forward(x, x, x, { needWeights: true });
    const theirs = plain.forward(x, x, x, { needWeights: true });
    expect(ours.weights!.toArray()).toEqual(theirs.weights!.toArray());
    const shift = linear(full([1, embedDim], 2), attention.outProj.weight).view();
    ours.out.view().forEach((value, i) => {
      expect(value).toBeCloseTo(theirs.out.view()[i]! + shift[i % embedDim]!, 5);
    });
    expect(attention.forward(x, x, x).weights).toBeUndefined();
  });
});

describe("who owns what is trained", () => {
  const trained: PositionalEncoding = () => ({ parameters: { weight: randn([4]) }, rotate: (query, key) => [query, key] });
  const layer = (positional: PositionalEncoding | Positional) => new TransformerEncoderLayer(embedDim, numHeads, { positional });
  const names = (encoder: TransformerEncoder) => [...encoder.stateDict().keys()].filter((name) => name.includes("positional"));

  test("an encoding is bound by each layer for itself, a Positional is shared", () => {
    const own = new TransformerEncoder(layer(trained), 2);
    const shared = new TransformerEncoder(layer(new Positional(trained, { embedDim, numHeads })), 2);
    const keys = ["layers.0.self_attn.positional.weight", "layers.1.self_attn.positional.weight"];
    expect(names(own)).toEqual(keys);
    expect(names(shared)).toEqual(keys);
    const [first, second] = keys.map((key) => own.stateDict().get(key));
    expect(first).not.toBe(second);
    expect(new Set(keys.map((key) => shared.stateDict().get(key))).size).toBe(1);
    expect(own.parameters().length - shared.parameters().length).toBe(1);
  });

  test("without positions, or with those of embeddings, the state dict is PyTorch's", () => {
    const model = (positional: PositionalEncoding) =>
      new SequenceClassifier({ vocabSize: 5, numClasses: 2, dModel: embedDim, numHeads, numLayers: 1, positional });
    const keys = (positional: PositionalEncoding) =>
      [...model(positional).stateDict().keys()].filter((key) => key.includes("pos"));
    expect(keys(sinusoidal())).toEqual([]);
    expect(keys(alibi())).toEqual([]);
    expect(keys(trained)).toEqual(["positional.weight", "encoder.layers.0.self_attn.positional.weight"]);
  });
});

test("an encoding of embeddings is refused by attention", () => {
  expect(() => make({ positional: sinusoidal() })).toThrow(
    expect.objectContaining({ code: "RANGE", message: expect.stringMatching(/^MultiheadAttention: positional must be/) }),
  );
});

describe("SequenceClassifier takes an encoding for attention", () => {
  const model = (positional: PositionalEncoding) => {
    manualSeed(2);
    const options = { vocabSize: 9, numClasses: 2, dModel: embedDim, numHeads, numLayers: 2, positional };
    return new SequenceClassifier(options).eval();
  };
  const logits = (positional: PositionalEncoding, ids: number[]) =>
    model(positional)
      .forward(tensor([ids], { dtype: "int32" }))
      .view()[0]!;

  test("without one, the order of words means nothing", () => {
    scope(() => {
      const none: PositionalEncoding = () => ({});
      expect(logits(none, [3, 1, 4, 5])).toBeCloseTo(logits(none, [5, 4, 1, 3]), 5);
    });
  });

  test.each(
    Object.entries({
      rotary: rotary(),
      alibi: alibi(),
      t5Bias: t5Bias(),
      shaw: shaw({ maxDistance: 2, values: true }),
      xlRelative: xlRelative({ causal: false }),
    }),
  )("with %s it does, and all layers train it together", (_, positional) => {
    scope(() => {
      expect(Math.abs(logits(positional, [3, 1, 4, 5]) - logits(positional, [1, 3, 4, 5]))).toBeGreaterThan(1e-5);
      const trained = model(positional);
      crossEntropy(trained.forward(tensor([[3, 1, 4, 5]], { dtype: "int32" })), tensor(Int32Array.of(1))).backward();
      const own = trained.namedParameters().filter(([name]) => name.includes("positional"));
      expect(own.every(([name]) => name.startsWith("positional."))).toBe(true);
      for (const [name, { grad }] of own) expect(Math.max(...grad!.view().map(Math.abs)), name).toBeGreaterThan(0);
    });
  });
});

test("the gradient of the input goes through rotated query and key", () => {
  scope(() => {
    const { attention, x } = make({ positional: alibi() });
    x.requiresGrad = true;
    sum(attention.forward(x, x, x).out).backward();
    const through = x.grad!.toArray();
    const other = make({ positional: alibi() });
    const copies = [0, 1, 2].map(() => tensor(other.x.toArray(), [batch, seqLen, embedDim], { requiresGrad: true })) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    sum(other.attention.forward(...copies).out).backward();
    through.forEach((value, i) => {
      expect(value).toBeCloseTo(
        copies.reduce((total, { grad }) => total + grad!.view()[i]!, 0),
        5,
      );
    });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  collect,
  crossEntropy,
  dispose,
  generate,
  init,
  LanguageModel,
  MaskedLanguageModel,
  type Module,
  manualSeed,
  nllLoss,
  PairClassifier,
  RecurrentSeq2Seq,
  runtime,
  Seq2Seq,
  SequenceClassifier,
  SpeechRecognizer,
  scope,
  sinusoidal,
  type Tensor,
  TransformerXLLanguageModel,
  tensor,
  VisionTransformer,
} from "../../ts/index.ts";
import { random } from "../harness/random.ts";
import { accuracy, batch, int32, learn, sizes } from "./learn.ts";

beforeAll(() => init());
afterAll(() => dispose());

let rng = random(3);
beforeEach(() => {
  rng = random(3);
});
const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
const last = (losses: readonly number[]) => mean(losses.slice(-10));
const draw = <T>(make: () => T): T[] => Array.from({ length: batch }, make);
/** From 2 on: 0 and 1 begin and end texts. */
const letters = (length: number) => Array.from({ length }, () => 2 + rng.below(6));

describe("a model of language", () => {
  /** Each text is one letter after the other, beginning anywhere. */
  const text = () => {
    const first = rng.below(6);
    return Array.from({ length: 9 }, (_, i) => 2 + ((first + i) % 6));
  };

  test("learns what comes next, and writes it", async () => {
    manualSeed(1);
    const model = new LanguageModel({ ...sizes, vocabSize: 8 });
    const losses = learn(model, { steps: 60 }, () => {
      const texts = draw(text);
      return crossEntropy(model.forward(int32(texts.map((t) => t.slice(0, -1)))), int32(texts.map((t) => t.slice(1))));
    });
    expect(losses[0]).toBeGreaterThan(1.7);
    expect(await collect(generate(model.decoding(), [[4], [6, 7]], { maxNewTokens: 5 }))).toEqual([
      [5, 6, 7, 2, 3],
      [2, 3, 4, 5, 6],
    ]);
  });

  test("with memory foretells what only an earlier segment knows", () => {
    // The second segment is the first once more.
    const train = (memoryLen: number) => {
      manualSeed(2);
      const model = new TransformerXLLanguageModel({ ...sizes, vocabSize: 8, memoryLen, numLayers: 2 });
      const losses = learn(model, { steps: 250, lr: 5e-3 }, () => {
        const texts = draw(() => letters(4));
        const first = model.forward(int32(texts));
        const { logProbs } = model.forward(int32(texts), { memory: memoryLen > 0 ? first.memory : null });
        return nllLoss(logProbs, int32(texts.map((t) => [...t.slice(1), t[0]!])));
      });
      return last(losses);
    };
    const [without, withMemory] = [train(0), train(4)];
    expect(without).toBeGreaterThan(1);
    expect(withMemory).toBeLessThan(0.6);
  });

  test("of masked words learns them from both sides, with ALBERT's sharing", () => {
    manualSeed(3);
    const model = new MaskedLanguageModel({
      ...sizes,
      vocabSize: 8,
      embedDim: 12,
      numLayers: 2,
      numDistinctLayers: 1,
      normFirst: true,
    });
    const losses = learn(model, { steps: 300, lr: 3e-3 }, () => {
      const texts = draw(text);
      const at = texts.map((t) => rng.below(t.length));
      const masked = texts.map((t, b) => t.with(at[b]!, 1));
      const labels = texts.map((t, b) => t.map((id, i) => (i === at[b] ? id : -100)));
      return crossEntropy(model.forward(int32(masked)), int32(labels));
    });
    expect(losses[0]).toBeGreaterThan(1.7);
    expect(last(losses)).toBeLessThan(0.3);
    const layers = (of: Module) => of.parameters().length;
    expect(layers(model)).toBe(layers(new MaskedLanguageModel({ ...sizes, vocabSize: 8, embedDim: 12, normFirst: true })));
  });
});

describe("from one sequence to another", () => {
  const models: [string, (seed: number) => Seq2Seq | RecurrentSeq2Seq, number][] = [
    [
      "a Transformer",
      () =>
        new Seq2Seq({ ...sizes, numEncoderLayers: 1, numDecoderLayers: 1, vocabSize: 8, dimFeedforward: 48, normFirst: true }),
      350,
    ],
    ["a recurrent one", () => new RecurrentSeq2Seq({ vocabSize: 8, embedDim: 24, hiddenSize: 24, dropout: 0 }), 350],
  ];

  test.each(models)("%s learns to turn words round", async (_, make, steps) => {
    manualSeed(4);
    const model = make(4);
    const length = 4;
    const losses = learn(model, { steps, lr: 1e-2 }, () => {
      const words = draw(() => letters(2 + rng.below(length - 1)));
      const srcLengths = words.map((word) => word.length);
      const src = int32(words.map((word) => [...word, ...Array(length - word.length).fill(0)]));
      const target = words.map((word) => [...word.toReversed(), 1]);
      const tgt = int32(target.map((word) => [0, ...word, ...Array(length + 1 - word.length).fill(0)].slice(0, length + 1)));
      const labels = int32(target.map((word) => [...word, ...Array(length + 1 - word.length).fill(-100)]));
      return crossEntropy(model.forward(src, tgt, { srcLengths }), labels);
    });
    expect(losses[0]).toBeGreaterThan(1.5);
    expect(last(losses)).toBeLessThan(0.3);
    const src = int32([
      [3, 5, 2, 7],
      [6, 4, 0, 0],
    ]);
    const options = { maxNewTokens: 6, eos: 1 };
    const expected = [
      [7, 2, 5, 3, 1],
      [4, 6, 1],
    ];
    expect(await collect(generate(model.decoding(src, { lengths: [4, 2] }), [[0], [0]], options))).toEqual(expected);
    const beams = { ...options, numBeams: 3 };
    expect(await collect(generate(model.decoding(src, { lengths: [4, 2] }), [[0], [0]], beams))).toEqual(expected);
  });

  test("the embedding of padding starts as 0, the others don't", () => {
    const common = { vocabSize: 5, tgtVocabSize: 4, paddingIdx: -1 };
    const made = [
      new Seq2Seq({ ...sizes, ...common, numEncoderLayers: 1, numDecoderLayers: 1 }),
      new RecurrentSeq2Seq({ ...common, embedDim: 24, hiddenSize: 4 }),
    ];
    for (const { embedding, tgtEmbedding } of made)
      for (const { weight } of [embedding, tgtEmbedding]) {
        const rows = weight.toNested() as number[][];
        expect(rows.map((row) => row.every((value) => value === 0))).toEqual(rows.map((_, id) => id === rows.length - 1));
      }
  });

  test("needs as many targets as sources, and shares embeddings unless told otherwise", () => {
    scope(() => {
      const shared = new Seq2Seq({ ...sizes, numEncoderLayers: 1, numDecoderLayers: 1, vocabSize: 8 });
      expect(shared.head.weight).toBe(shared.embedding.weight);
      const apart = new Seq2Seq({ ...sizes, numEncoderLayers: 1, numDecoderLayers: 1, vocabSize: 8, tgtVocabSize: 5 });
      expect(apart.head.weight).toBe(apart.tgtEmbedding.weight);
      expect(apart.forward(int32([[7]]), int32([[4]])).shape).toEqual([1, 1, 5]);
      const code = (code: string) => expect.objectContaining({ code });
      expect(() => shared.forward(int32([[1], [2]]), int32([[1]]))).toThrow(code("SHAPE"));
      expect(() => shared.forward(tensor(Int32Array.of(1)), int32([[1]]))).toThrow(code("RANK"));
      expect(() => shared.forward(int32([[8]]), int32([[1]]))).toThrow(code("RANGE"));
      const recurrent = new RecurrentSeq2Seq({ vocabSize: 8, embedDim: 4, hiddenSize: 4 });
      expect(() => recurrent.forward(int32([[1], [2]]), int32([[1]]))).toThrow(code("SHAPE"));
      const { weights } = recurrent.forward(int32([[1, 2, 3]]), int32([[1, 2]]), { needWeights: true, srcLengths: [2] });
      expect(weights.shape).toEqual([1, 2, 3]);
      expect((weights.toNested() as number[][][])[0]!.map((row) => row[2])).toEqual([0, 0]);
    });
  });
});

describe("VisionTransformer", () => {
  const options = { ...sizes, imageSize: 6, patchSize: 3, numChannels: 1, numClasses: 4, positional: sinusoidal() };
  /** Noise, and one quarter that is brighter. */
  function images(): { pixels: Tensor; labels: number[] } {
    const labels = draw(() => rng.below(4));
    const bright = (at: number, label: number) => Math.floor(at / 18) * 2 + Math.floor((at % 6) / 3) === label;
    const values = labels.flatMap((label) => Array.from({ length: 36 }, (_, at) => rng.normal() + (bright(at, label) ? 1.5 : 0)));
    return { pixels: tensor(Float32Array.from(values), [batch, 1, 6, 6]), labels };
  }

  test.each(["cls", "mean", "max", "attention"] as const)("learns which quarter is bright: pooling %s", (pooling) => {
    manualSeed(5);
    const model = new VisionTransformer({ ...options, pooling });
    learn(model, { steps: 200, lr: 3e-3 }, () => {
      const { pixels, labels } = images();
      return crossEntropy(model.forward(pixels), tensor(Int32Array.from(labels)));
    });
    const right = Array.from({ length: 8 }, () =>
      scope(() => {
        const { pixels, labels } = images();
        return accuracy(() => model.forward(pixels), labels);
      }),
    );
    expect(mean(right)).toBeGreaterThan(0.7); // a quarter is chance
    expect(model.stateDict().has("class_token")).toBe(pooling === "cls");
  });

  test("refuses images of another size, and patches that do not fit", () => {
    scope(() => {
      const model = new VisionTransformer(options);
      expect(() => model.forward(tensor(new Float32Array(48), [1, 1, 8, 6]))).toThrow(
        expect.objectContaining({ code: "SHAPE", message: "VisionTransformer: images must be [1, 1, 6, 6], got [1, 1, 8, 6]" }),
      );
      expect(() => model.forward(tensor(new Float32Array(36), [6, 6]))).toThrow(expect.objectContaining({ code: "RANK" }));
      expect(() => new VisionTransformer({ ...options, patchSize: 4 })).toThrow(
        expect.objectContaining({
          code: "SHAPE",
          message: "VisionTransformer: imageSize must be a multiple of patchSize, got [6, 6] and [4, 4]",
        }),
      );
      expect(model.forward(images().pixels, { needWeights: true }).weights[0]!.shape).toEqual([batch, 2, 5, 5]);
      const overlapping = new VisionTransformer({ ...options, patchSize: 4, patchStride: 2, pooling: "mean" });
      expect(overlapping.forward(images().pixels, { needWeights: true }).weights[0]!.shape).toEqual([batch, 2, 9, 9]);
      expect(() => new VisionTransformer({ ...options, patchSize: 4, patchStride: 3 })).toThrow(
        expect.objectContaining({
          code: "SHAPE",
          message: "VisionTransformer: patchSize must exceed patchStride by an even number or 0, got [4, 4] and [3, 3]",
        }),
      );
    });
  });
});

describe("of two texts", () => {
  /** Whether the second has the first's last letter in it: what one of them alone does not tell. */
  function pairs(): { first: number[][]; second: number[][]; labels: number[] } {
    const first = draw(() => letters(3));
    const second = draw(() => letters(4));
    return { first, second, labels: first.map((text, b) => Number(second[b]!.includes(text[2]!))) };
  }

  test("attention between them learns what belongs together", () => {
    manualSeed(7);
    const model = new PairClassifier({ ...sizes, vocabSize: 8, numClasses: 2 });
    learn(model, { steps: 400, lr: 5e-3 }, () => {
      const { first, second, labels } = pairs();
      return crossEntropy(model.forward(int32(first), int32(second)), tensor(Int32Array.from(labels)));
    });
    const tests = Array.from({ length: 8 }, pairs);
    const right = tests.map(({ first, second, labels }) => accuracy(() => model.forward(int32(first), int32(second)), labels));
    expect(mean(right)).toBeGreaterThan(0.75);
  });

  test("padding of either changes nothing, and they must be as many", () => {
    scope(() => {
      const model = new PairClassifier({ ...sizes, vocabSize: 8, numClasses: 3 }).eval();
      const alone = model.forward(int32([[3, 4]]), int32([[5, 6, 7]])).toArray();
      const call = { firstLengths: [2], secondLengths: [3], needWeights: true } as const;
      const { logits, firstWeights, secondWeights } = model.forward(int32([[3, 4, 0]]), int32([[5, 6, 7, 0, 0]]), call);
      for (const [i, logit] of alone.entries()) expect(logits.view()[i]).toBeCloseTo(logit, 5);
      expect([firstWeights.shape, secondWeights.shape]).toEqual([
        [1, 2, 3, 5],
        [1, 2, 5, 3],
      ]);
      expect(() => model.forward(int32([[1], [2]]), int32([[1]]))).toThrow(expect.objectContaining({ code: "SHAPE" }));
    });
  });

  test.each(["linear", "tanh", "lstm"] as const)(
    "one after the other, told apart by segments, with a head that is %s",
    (head) => {
      manualSeed(8);
      // Whether the segments were given the wrong way round: without them, there is nothing to see.
      const model = new SequenceClassifier({ ...sizes, vocabSize: 8, numClasses: 2, numTokenTypes: 2, head });
      const make = () => {
        const labels = draw(() => rng.below(2));
        const ids = draw(() => [...letters(3), ...letters(3)]);
        return { ids, labels, tokenTypes: labels.map((label) => [label, label, label, 1 - label, 1 - label, 1 - label]) };
      };
      learn(model, { steps: 80 }, () => {
        const { ids, labels, tokenTypes } = make();
        return crossEntropy(model.forward(int32(ids), { tokenTypes: int32(tokenTypes) }), tensor(Int32Array.from(labels)));
      });
      const { ids, labels, tokenTypes } = make();
      expect(accuracy(() => model.forward(int32(ids), { tokenTypes: int32(tokenTypes) }), labels)).toBeGreaterThan(0.8);
      const refused = () => model.forward(int32([[2, 3]]), { tokenTypes: int32([[0, 1, 1]]) });
      expect(refused).toThrow(expect.objectContaining({ code: "SHAPE" }));
    },
  );
});

test("a model that is disposed of leaves no memory behind", () => {
  const before = runtime.memory.used;
  for (const model of [
    new SpeechRecognizer({ ...sizes, numMels: 4, vocabSize: 7 }),
    new MaskedLanguageModel({ ...sizes, vocabSize: 8, embedDim: 12 }),
    new RecurrentSeq2Seq({ vocabSize: 8, embedDim: 4, hiddenSize: 4 }),
  ])
    model.dispose();
  expect(runtime.memory.used).toBe(before);
});

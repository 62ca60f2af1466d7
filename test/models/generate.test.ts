import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  alibi,
  beamSearch,
  collect,
  type Decoding,
  DecodingCache,
  dispose,
  type GenerateOptions,
  generate,
  init,
  LanguageModel,
  learned,
  logSoftmax,
  manualSeed,
  noGrad,
  type PositionalEncoding,
  RecurrentSeq2Seq,
  randn,
  rotary,
  runtime,
  Seq2Seq,
  SpeechRecognizer,
  scope,
  sinusoidal,
  type Tensor,
  TransformerXLLanguageModel,
  t5Bias,
  window,
} from "../../ts/index.ts";
import { checkSampling, pick } from "../../ts/models/sampling.ts";
import { Rng } from "../../ts/tensor/rng.ts";
import { int32 } from "./learn.ts";
import { language, sizes, source, stack } from "./small.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const srcLengths = [4, 2];

/** Some text for each prompt, token by token, from the logits of whole texts: the slow way, without caches. */
function slowly(prompts: readonly number[][], count: number, logitsOf: (texts: readonly number[][]) => Tensor): number[][] {
  const texts = prompts.map((prompt) => [...prompt]);
  for (let i = 0; i < count; i += 1)
    scope(() =>
      noGrad(() => {
        const logits = logitsOf(texts).toNested() as number[][][];
        for (const [b, text] of texts.entries()) text.push(logits[b]!.at(-1)!.indexOf(Math.max(...logits[b]!.at(-1)!)));
      }),
    );
  return texts.map((text, b) => text.slice(prompts[b]!.length));
}

const count = 9;
const prompts = [
  [1, 4, 2],
  [1, 8, 8],
];

const greedy = (decoding: Decoding, prompts: readonly number[][], options: Partial<GenerateOptions> = {}) =>
  collect(generate(decoding, prompts, { maxNewTokens: count, ...options }));

describe("with caches the same tokens as without", () => {
  test.each<[string, PositionalEncoding]>([
    ["rotary", rotary()],
    ["learned", learned(20, { std: 1 })],
    ["sinusoidal", sinusoidal()],
    ["ALiBi", alibi()],
    ["T5's buckets", t5Bias({ bidirectional: false })],
  ])("a language model: %s", async (_, positional) => {
    const model = language(positional);
    const expected = slowly(prompts, count, (texts) => model.forward(int32(texts)));
    expect(await greedy(model.decoding(), prompts)).toEqual(expected);
    const ragged = [[5], [1, 4, 2], [9, 3]];
    const alone = await Promise.all(ragged.map(async (prompt) => (await greedy(model.decoding(), [prompt]))[0]));
    expect(await greedy(model.decoding(), ragged)).toEqual(alone);
  });

  test("a language model that looks no further back than a window", async () => {
    manualSeed(7);
    const model = new LanguageModel({ ...sizes, embeddingStd: 1, tieEmbeddings: false }).eval();
    const near = window(1);
    const slow = slowly(prompts, count, (texts) => {
      using cache = new DecodingCache();
      return model.step(int32(texts), cache, { mask: near });
    });
    expect(await greedy(model.decoding({ mask: near }), prompts)).toEqual(slow);
    expect(await greedy(model.decoding(), prompts)).not.toEqual(slow);
    const ragged = [[5], [1, 4, 2], [9, 3]];
    const masked = () => model.decoding({ mask: near });
    const alone = await Promise.all(ragged.map(async (prompt) => (await greedy(masked(), [prompt]))[0]));
    expect(await greedy(masked(), ragged)).toEqual(alone);
  });

  test("Transformer-XL, past its memory", async () => {
    manualSeed(8);
    const model = new TransformerXLLanguageModel({ ...sizes, numLayers: 1, memoryLen: 4 }).eval();
    // One layer sees what it remembers: the last four tokens and itself, one by one.
    const decoding = model.decoding();
    const tokens = await greedy(decoding, [[2]]);
    let memory: Tensor[] | null = null;
    const slow: number[] = [];
    scope(() => {
      let id = 2;
      for (let i = 0; i < count; i += 1) {
        const result = model.forward(int32([[id]]), { memory });
        memory = result.memory;
        const row = (result.logProbs.toNested() as number[][][])[0]![0]!;
        id = row.indexOf(Math.max(...row));
        slow.push(id);
      }
    });
    expect(tokens).toEqual([slow]);
  });

  test("a Transformer from one sequence to another", async () => {
    manualSeed(9);
    const model = new Seq2Seq({ ...stack }).eval();
    const src = int32(source);
    const expected = slowly(prompts, count, (texts) => model.forward(src, int32(texts), { srcLengths }));
    expect(await greedy(model.decoding(src, { lengths: srcLengths }), prompts)).toEqual(expected);
    const ragged = [[1], [1, 8, 8]];
    const alone = await greedy(model.decoding(int32([source[0]!])), [[1]]);
    expect((await greedy(model.decoding(src, { lengths: srcLengths }), ragged))[0]).toEqual(alone[0]);
  });

  test("a recurrent one", async () => {
    manualSeed(10);
    const model = new RecurrentSeq2Seq({ vocabSize: 11, embedDim: 8, hiddenSize: 6 }).eval();
    const src = int32(source);
    const expected = slowly(prompts, count, (texts) => model.forward(src, int32(texts), { srcLengths }));
    expect(await greedy(model.decoding(src, { lengths: srcLengths }), prompts)).toEqual(expected);
  });

  test("a speech recogniser", async () => {
    manualSeed(11);
    const placed = { memoryPositional: sinusoidal(), labelPositional: sinusoidal() };
    const model = new SpeechRecognizer({ ...sizes, ...placed, numMels: 5 }).eval();
    const features = randn([2, 5, 9]);
    const call = { lengths: [9, 6] };
    const expected = slowly(prompts, count, (texts) => model.forward(features, int32(texts), call).logits);
    expect(await greedy(model.decoding(features, call), prompts)).toEqual(expected);
  });
});

describe("when texts end", () => {
  test("the token that ends a text is its last; the others go on as if alone", async () => {
    const model = language();
    const [first, second] = await greedy(model.decoding(), prompts);
    const eos = first!.find((id) => !second!.includes(id)) ?? first![0]!;
    const turns: (number | null)[][] = [];
    for await (const turn of generate(model.decoding(), prompts, { maxNewTokens: count, eos })) turns.push(turn);
    const at = first!.indexOf(eos);
    expect(turns.map(([id]) => id)).toEqual([...first!.slice(0, at + 1), ...Array(turns.length - at - 1).fill(null)]);
    const end = second!.indexOf(eos);
    expect(turns.map(([, id]) => id).filter((id) => id !== null)).toEqual(end < 0 ? second : second!.slice(0, end + 1));
  });

  test("tokens come one by one, and memory goes when the loop is left", async () => {
    const model = language();
    const before = runtime.memory.used;
    let turns = 0;
    for await (const turn of generate(model.decoding(), prompts, { maxNewTokens: 1000 })) {
      expect(turn).toHaveLength(2);
      if (++turns === 3) break;
    }
    expect(runtime.memory.used).toBe(before);
    const stop = new AbortController();
    const aborted = (async () => {
      for await (const _ of generate(model.decoding(), prompts, { maxNewTokens: 1000, signal: stop.signal })) stop.abort();
    })();
    await expect(aborted).rejects.toThrow("abort");
    expect(runtime.memory.used).toBe(before);
  });
});

describe("what is drawn", () => {
  test("the same seed draws the same, another another", async () => {
    const model = language();
    const drawn = (seed: number) => greedy(model.decoding(), prompts, { temperature: 5, seed });
    expect(await drawn(1)).toEqual(await drawn(1));
    expect(await drawn(1)).not.toEqual(await drawn(2));
  });

  test("of the likeliest one alone, or of a share that it has: as greedily", async () => {
    const model = language();
    const expected = await greedy(model.decoding(), prompts);
    for (const options of [{ topK: 1 }, { topP: 1e-6 }, { temperature: 0 }, { temperature: 1e-3 }])
      expect(await greedy(model.decoding(), prompts, options)).toEqual(expected);
  });

  test.each([
    [{ temperature: 1 }, [0.1, 0.2, 0.3, 0.4]],
    [{ temperature: 0.5 }, [1 / 30, 4 / 30, 9 / 30, 16 / 30]],
    [{ topK: 2 }, [0, 0, 3 / 7, 4 / 7]],
    [{ topP: 0.7 }, [0, 0, 3 / 7, 4 / 7]],
    [{ topP: 0.71 }, [0, 2 / 9, 3 / 9, 4 / 9]],
    [{ topK: 3, topP: 0.5 }, [0, 0, 3 / 7, 4 / 7]],
  ])("%o gives each token its share", (options, shares) => {
    const logits = Float32Array.from([0.1, 0.2, 0.3, 0.4], Math.log);
    const rng = new Rng(3);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 20_000; i += 1) counts[pick(logits, options, rng)]! += 1;
    // Four standard deviations of a count are at most 0.0142 of all.
    for (const [id, share] of shares.entries())
      expect(Math.abs(counts[id]! / 20_000 - share), `token ${id}`).toBeLessThan(0.0142);
    for (const [id, share] of shares.entries()) if (share === 0) expect(counts[id]).toBe(0);
  });

  test.each([{ temperature: -1 }, { temperature: Number.NaN }, { topK: 0 }, { topK: 1.5 }, { topP: 0 }, { topP: 1.1 }])(
    "%o is refused",
    (options) => {
      expect(() => checkSampling(options)).toThrow(expect.objectContaining({ code: "RANGE" }));
    },
  );
});

describe("beam search", () => {
  const tiny = { vocabSize: 4, dModel: 8, numHeads: 2, numLayers: 1, embeddingStd: 1.5 };

  /** Every text of up to three tokens that ends with token 0 or is three long, with the logarithm of its probability. */
  function everyText(model: LanguageModel, prompt: number[]): { ids: number[]; logProb: number }[] {
    const open = [{ ids: [] as number[], logProb: 0 }];
    const found: { ids: number[]; logProb: number }[] = [];
    for (let text = open.pop(); text; text = open.pop()) {
      if (text.ids.length === 3 || text.ids.at(-1) === 0) {
        found.push(text);
        continue;
      }
      const { ids, logProb } = text;
      const row = scope(() => (logSoftmax(model.forward(int32([[...prompt, ...ids]]))).toNested() as number[][][])[0]!.at(-1)!);
      for (const [id, more] of row.entries()) open.push({ ids: [...ids, id], logProb: logProb + more });
    }
    return found;
  }

  test.each([0, 0.7, 1, 2])(
    "with beams for all of them finds the best text there is: lengthPenalty %s",
    async (lengthPenalty) => {
      manualSeed(12);
      const model = new LanguageModel(tiny).eval();
      const prompts = [
        [1, 2],
        [3, 3],
      ];
      const found = await beamSearch(model.decoding(), prompts, { maxNewTokens: 3, eos: 0, numBeams: 40, lengthPenalty });
      for (const [item, prompt] of prompts.entries()) {
        const all = everyText(model, prompt)
          .map(({ ids, logProb }) => ({ ids, score: logProb / ids.length ** lengthPenalty }))
          .sort((a, b) => b.score - a.score);
        for (const [rank, { ids, score }] of found[item]!.slice(0, 5).entries()) {
          expect(ids).toEqual(all[rank]!.ids);
          expect(score).toBeCloseTo(all[rank]!.score, 5);
        }
      }
    },
  );

  test("one beam is greedy; more find nothing less likely", async () => {
    manualSeed(13);
    const model = new Seq2Seq({ ...stack }).eval();
    const src = int32(source);
    const decoding = () => model.decoding(src, { lengths: srcLengths });
    const options = { maxNewTokens: 6, lengthPenalty: 0 };
    const [one, four] = [
      await beamSearch(decoding(), prompts, { ...options, numBeams: 1 }),
      await beamSearch(decoding(), prompts, { ...options, numBeams: 4 }),
    ];
    expect(one.map(([best]) => best!.ids)).toEqual(await greedy(decoding(), prompts, { maxNewTokens: 6 }));
    for (const [item, [best]] of four.entries()) {
      expect(best!.score).toBeGreaterThanOrEqual(one[item]![0]!.score - 1e-6);
      // The score is what the model itself says, without caches.
      const text = [...prompts[item]!, ...best!.ids];
      const rows = scope(() => {
        const ids = text.map((_, at) => (at < text.length - 1 ? text[at]! : 0)).slice(0, -1);
        const all = logSoftmax(model.forward(int32([source[item]!]), int32([ids]), { srcLengths: [srcLengths[item]!] }));
        return (all.toNested() as number[][][])[0]!;
      });
      const sum = best!.ids.reduce((sum, id, at) => sum + rows[prompts[item]!.length - 1 + at]![id]!, 0);
      expect(best!.score).toBeCloseTo(sum, 5);
    }
    expect(await greedy(decoding(), prompts, { maxNewTokens: 6, numBeams: 4, lengthPenalty: 0 })).toEqual(
      four.map(([best]) => best!.ids),
    );
  });
});

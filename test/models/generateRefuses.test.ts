import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  collect,
  type Decoding,
  dispose,
  type GenerateOptions,
  generate,
  init,
  RecurrentSeq2Seq,
  randn,
  runtime,
  Seq2Seq,
  SpeechRecognizer,
  TransformerXLLanguageModel,
  tensor,
} from "../../ts/index.ts";
import { int32 } from "./learn.ts";
import { language, sizes, source, stack } from "./small.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const greedy = (decoding: Decoding, prompts: readonly number[][], options: Partial<GenerateOptions> = {}) =>
  collect(generate(decoding, prompts, { maxNewTokens: 9, ...options }));

describe("what is refused, and leaves no memory behind", () => {
  test.each([
    [{ maxNewTokens: 0 }, [[1]], "generate: maxNewTokens must be a whole number of at least 1, got 0"],
    [{ maxNewTokens: 2 }, [], "generate: prompts must be texts of at least one token, got none"],
    [{ maxNewTokens: 2 }, [[1], []], "generate: prompts must be texts of at least one token, got none in prompt 1"],
    [{ maxNewTokens: 2, topP: 2 }, [[1]], "generate: topP must be above 0 and at most 1, got 2"],
    [{ maxNewTokens: 2, numBeams: 1.5 }, [[1]], "beamSearch: numBeams must be a whole number of at least 1, got 1.5"],
    [{ maxNewTokens: 2, numBeams: 0 }, [[1]], "beamSearch: numBeams must be a whole number of at least 1, got 0"],
    [{ maxNewTokens: 2, numBeams: Number.NaN }, [[1]], "beamSearch: numBeams must be a whole number of at least 1, got NaN"],
    [{ maxNewTokens: 2, numBeams: 2, lengthPenalty: Number.NaN }, [[1]], "beamSearch: lengthPenalty must be a number, got NaN"],
    [{ maxNewTokens: 2, numBeams: 2, temperature: 0.5 }, [[1]], "generate: temperature must be left out with numBeams"],
    [
      { maxNewTokens: 2, numBeams: 2, topK: 3 },
      [[1]],
      "generate: topK must be left out with numBeams, which draws nothing, got 3",
    ],
    [{ maxNewTokens: 2, numBeams: 2 }, [[11]], "embedding: ids must be from 0 to 10"],
    [{ maxNewTokens: 2 }, [[11]], "embedding: ids must be from 0 to 10"],
  ])("%o, %o", async (options, prompts, message) => {
    const model = language();
    const before = runtime.memory.used;
    await expect(collect(generate(model.decoding(), prompts, options))).rejects.toThrow(
      expect.objectContaining({ code: "RANGE", message: expect.stringContaining(message) }),
    );
    expect(runtime.memory.used).toBe(before);
  });

  test.each([{}, { temperature: 1 }, { numBeams: 3 }])("logits of a model that has diverged: %o", async (options) => {
    const model = language();
    model.embedding.weight.view().fill(Number.NaN);
    const before = runtime.memory.used;
    await expect(greedy(model.decoding(), [[1]], options)).rejects.toThrow(
      expect.objectContaining({ code: "STATE", message: expect.stringContaining("logits must be numbers, got NaN") }),
    );
    expect(runtime.memory.used).toBe(before);
  });

  test.each([1, 3])("%i prompts for two sources", async (prompts) => {
    const decodings = [
      new Seq2Seq({ ...stack }).decoding(int32(source)),
      new RecurrentSeq2Seq({ vocabSize: 11, embedDim: 8, hiddenSize: 6 }).decoding(int32(source)),
      new SpeechRecognizer({ ...sizes, numMels: 5 }).decoding(randn([2, 5, 8])),
    ];
    for (const decoding of decodings)
      await expect(greedy(decoding, Array(prompts).fill([1]))).rejects.toThrow(
        expect.objectContaining({
          code: "SHAPE",
          message: expect.stringMatching(`^\\w+: prompts must be as many as sources, got ${prompts} and 2$`),
        }),
      );
  });

  test("prompts of unlike length where the model has no masks", async () => {
    const xl = new TransformerXLLanguageModel({ ...sizes, memoryLen: 4 });
    await expect(greedy(xl.decoding(), [[1], [1, 2]])).rejects.toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    const recurrent = new RecurrentSeq2Seq({ vocabSize: 11, embedDim: 8, hiddenSize: 6 });
    await expect(greedy(recurrent.decoding(int32(source)), [[1], [1, 2]])).rejects.toThrow(
      expect.objectContaining({ code: "UNSUPPORTED" }),
    );
    expect(() => recurrent.forward(tensor(Int32Array.of(1)), int32([[1]]))).toThrow(expect.objectContaining({ code: "RANK" }));
  });
});

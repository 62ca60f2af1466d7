import { Tokenizer as HuggingFace } from "@huggingface/tokenizers";
import { Rng } from "fovea";
import {
  ByteLevelBpeTokenizer,
  CharacterTokenizer,
  pretrainedTokenizer,
  Tokenizer,
  WordPieceTokenizer,
  WordTokenizer,
} from "fovea/data";
import { describe, expect, it, test } from "vitest";

const bytes = ByteLevelBpeTokenizer.train([], { vocabSize: 257 });
const withModel = (model: object, rest: object = {}): unknown => ({
  ...bytes.toJSON(),
  ...rest,
  model: { ...bytes.toJSON().model, ...model },
});

describe("CharacterTokenizer", () => {
  const tokenizer = CharacterTokenizer.train(["aab\n", "e\u0301 a"], { specials: ["<bos>"] });

  it("numbers code points by frequency", () => {
    expect(tokenizer.vocabulary).toEqual(["<pad>", "<unk>", "<bos>", "a", "\n", " ", "b", "é"]);
    expect(tokenizer.decode(tokenizer.encode("<bos>a b\né"))).toBe("a b\né");
  });

  it("gives the code points of each, a composed one all of its own", () => {
    const { tokens, offsets } = tokenizer.encodeWithOffsets("👍e\u0301a<bos>b");
    expect(tokens).toEqual(["<unk>", "é", "a", "<bos>", "b"]);
    expect(offsets).toEqual([
      [0, 1],
      [1, 3],
      [3, 4],
      [4, 9],
      [9, 10],
    ]);
  });

  it("makes capitals small if asked", () => {
    expect(CharacterTokenizer.train(["Aa"], { lowerCase: true }).vocabulary).toEqual(["<pad>", "<unk>", "a"]);
  });
});

describe("ByteLevelBpeTokenizer", () => {
  it("knows every text, whatever it was trained on", () => {
    for (const text of ["", " ", "naïve 映画 👩‍👩‍👧‍👦\n\u0000\ufeff", "it's  two"])
      expect(bytes.decode(bytes.encode(text))).toBe(text);
  });

  it("merges the most frequent pair first, and no rarer one than allowed", () => {
    const learned = (minCount: number): string[] =>
      ByteLevelBpeTokenizer.train(["ab ab ab", "bc bc", "cd"], { vocabSize: 400, minCount }).vocabulary.slice(257);
    expect(learned(3)).toEqual(["ab"]);
    expect(learned(2)).toEqual(["ab", "bc", "Ġab"]);
    expect(learned(1)).toEqual(["ab", "bc", "Ġab", "cd", "Ġbc"]);
  });

  it("puts special tokens first and takes them from text only if it may", () => {
    const tokenizer = ByteLevelBpeTokenizer.train([], { vocabSize: 258, specials: ["<pad>", "<eos>"] });
    expect(tokenizer.encode("<eos>")).toEqual([1]);
    expect(tokenizer.encode("<eos>", { splitSpecialTokens: true })).toHaveLength(5);
    expect(tokenizer.decode([1, 0])).toBe("");
    expect(tokenizer.decode([1, 0], { skipSpecialTokens: false })).toBe("<eos><pad>");
  });
});

describe("WordPieceTokenizer", () => {
  const tokenizer = WordPieceTokenizer.train(["Play playing played", "PLAY!"], { vocabSize: 60 });

  it("cuts words and puts pairs into the template", () => {
    const { tokens, typeIds, offsets } = tokenizer.encodeWithOffsets("Played", { pair: "Pláy!" });
    expect(tokens.join(" ")).toMatch(/^\[CLS\] play ##.+ \[SEP\] play ! \[SEP\]$/);
    expect(typeIds.at(-2)).toBe(1);
    expect(offsets.at(-3)).toEqual([0, 4]);
    expect(tokenizer.encode("play", { addSpecialTokens: false })).toEqual([tokenizer.idOf("play")]);
  });

  it("leaves out the rarest characters where the alphabet is limited", () => {
    const small = WordPieceTokenizer.train(["aaa bb c"], { vocabSize: 20, maxAlphabet: 2 });
    expect(small.vocabulary).toContain("##b");
    expect(small.vocabulary).not.toContain("c");
    expect(small.encode("c", { addSpecialTokens: false })).toEqual([small.unknownId]);
  });
});

describe("what is no tokenizer.json that is read here is refused", () => {
  test.each<[what: string, json: unknown, code: string]>([
    ["nothing", undefined, "DATA"],
    ["no vocabulary", { model: { type: "BPE" } }, "DATA"],
    ["an id twice", withModel({ vocab: { a: 0, b: 0 } }), "DATA"],
    ["a merge of no tokens", withModel({ merges: [["zz", "y"]] }), "DATA"],
    ["Unigram", withModel({ type: "Unigram" }), "UNSUPPORTED"],
    ["byte fallback", withModel({ byte_fallback: true }), "UNSUPPORTED"],
    ["another normalizer", withModel({}, { normalizer: { type: "Precompiled" } }), "UNSUPPORTED"],
    ["another pre-tokenizer", withModel({}, { pre_tokenizer: { type: "Metaspace" } }), "UNSUPPORTED"],
    ["another post-processor", withModel({}, { post_processor: { type: "RobertaProcessing" } }), "UNSUPPORTED"],
    ["another decoder", withModel({}, { decoder: { type: "CTC" } }), "UNSUPPORTED"],
    ["truncation", withModel({}, { truncation: { max_length: 5 } }), "UNSUPPORTED"],
    [
      "an added token that strips",
      withModel({}, { added_tokens: [{ id: 0, content: "<|endoftext|>", lstrip: true }] }),
      "UNSUPPORTED",
    ],
    [
      "a pattern of another syntax",
      withModel({}, { pre_tokenizer: { type: "Split", pattern: { Regex: "(?>a)" }, behavior: "Isolated", invert: false } }),
      "UNSUPPORTED",
    ],
  ])("%s", (_, json, code) => {
    expect(() => Tokenizer.fromJSON(json)).toThrow(expect.objectContaining({ name: "FoveaError", code }));
  });
});

describe("what cannot be trained is refused", () => {
  test.each<[what: string, train: () => Tokenizer]>([
    ["fewer ids than bytes", () => ByteLevelBpeTokenizer.train(["a"], { vocabSize: 256 })],
    ["fewer ids than characters", () => WordPieceTokenizer.train(["abc"], { vocabSize: 10 })],
    ["half an id", () => ByteLevelBpeTokenizer.train(["a"], { vocabSize: 300.5 })],
    ["a count of 0", () => ByteLevelBpeTokenizer.train(["a"], { vocabSize: 300, minCount: 0 })],
    ["fewer ids than special tokens", () => WordTokenizer.train(["a"], { vocabSize: 1 })],
  ])("%s", (_, train) => {
    expect(train).toThrow(expect.objectContaining({ code: "RANGE" }));
  });
});

test("a file of older form, merges as text, reads the same", () => {
  const trained = ByteLevelBpeTokenizer.train(["aa ab aa"], { vocabSize: 259, minCount: 1 });
  const json = JSON.parse(JSON.stringify(trained));
  json.model.merges = json.model.merges.map((pair: string[]) => pair.join(" "));
  expect(Tokenizer.fromJSON(json).encode("aa ab")).toEqual(trained.encode("aa ab"));
});

describe("pieces without an end in sight", () => {
  const rng = new Rng(3);
  const drawn = (length: number): string => Array.from({ length }, () => "acgt"[rng.below(4)]).join("");
  const tokenizer = ByteLevelBpeTokenizer.train([drawn(5000), "acgt ".repeat(50)], { vocabSize: 600 });
  const theirs = pretrainedTokenizer(new HuggingFace(JSON.parse(JSON.stringify(tokenizer)), {}));

  test.each([99, 100, 101, 102, 3000])("of %i characters become the same tokens as in Hugging Face's package", (length) => {
    for (const piece of [drawn(length), "a".repeat(length)]) {
      const { ids, offsets } = tokenizer.encodeWithOffsets(piece);
      expect(ids).toEqual(theirs.encode(piece));
      expect(offsets.map(([start]) => start)).toEqual([0, ...offsets.slice(0, -1).map(([, end]) => end)]);
      expect(tokenizer.decode(ids)).toBe(piece);
    }
  });

  test("cost no more than their length", () => {
    const piece = drawn(200_000); // by looking at each pair before each merge a quarter of an hour
    expect(tokenizer.decode(tokenizer.encode(piece))).toBe(piece);
  });
});

describe("what is no tokenizer.json is refused", () => {
  const bpe = () => JSON.parse(JSON.stringify(ByteLevelBpeTokenizer.train(["a b ab"], { vocabSize: 260 })));
  const pieces = () => JSON.parse(JSON.stringify(WordPieceTokenizer.train(["a b ab"], { vocabSize: 40 })));

  test.each<[what: string, file: () => Record<string, unknown>]>([
    ["added_tokens", () => ({ ...bpe(), added_tokens: {} })],
    ["added_tokens", () => ({ ...bpe(), added_tokens: [null] })],
    ["added_tokens", () => ({ ...bpe(), added_tokens: [{ id: 0, content: "" }] })],
    ["merges", () => ({ ...bpe(), model: { ...bpe().model, merges: undefined } })],
    ["merges", () => ({ ...bpe(), model: { ...bpe().model, merges: [["a"]] } })],
    ["the template", () => ({ ...pieces(), post_processor: { ...pieces().post_processor, single: [{}] } })],
    ["the template", () => ({ ...pieces(), post_processor: { ...pieces().post_processor, pair: null } })],
    [
      "the template's special tokens",
      () => ({ ...pieces(), post_processor: { ...pieces().post_processor, special_tokens: { "[CLS]": { ids: 2 } } } }),
    ],
  ])("%s", (what, file) => {
    expect(() => Tokenizer.fromJSON(file())).toThrow(
      expect.objectContaining({
        code: "DATA",
        message: expect.stringContaining(`Tokenizer: ${what} must be as a tokenizer.json`),
      }),
    );
  });
});

test.each([
  () => ByteLevelBpeTokenizer.train(["a b"], { vocabSize: 300, specials: ["<a>", "<a>"] }),
  () => ByteLevelBpeTokenizer.train(["a b"], { vocabSize: 300, specials: ["a"] }),
  () => ByteLevelBpeTokenizer.train(["a b"], { vocabSize: 300, specials: [""] }),
  () => WordPieceTokenizer.train(["a b"], { vocabSize: 300, specials: ["[CLS]"] }),
  () => WordTokenizer.train(["a b"], { specials: ["<pad>"] }),
])("special tokens that cannot be told apart are refused: %s", (train) => {
  expect(train).toThrow(expect.objectContaining({ code: "RANGE", message: expect.stringContaining("special tokens must") }));
});

import { Classes, holdOut, WordPieceTokenizer, WordTokenizer, words } from "fovea/data";
import { describe, expect, it } from "vitest";

describe("words", () => {
  it.each([
    ["It isn't bad.", "it is n't bad ."],
    ["I can’t, they'd won't", "i ca n't , they 'd wo n't"],
    ["state-of-the-art U.S. 2,500 3.5/5", "state-of-the-art u.s . 2,500 3.5 / 5"],
    ["O'Brien's rock'n'roll", "o'brien 's rock'n'roll"],
    ["no... never!! -- why?!", "no ... never !! -- why ? !"],
    ["Cafe\u0301 naïve 映画 👍", "café naïve 映画 👍"],
    ["", ""],
  ])("splits %j", (text, expected) => {
    expect(words(text).join(" ")).toBe(expected);
  });

  it("leaves text alone that is split already", () => {
    const split = "it does n't work -- the film 's `` plot '' ca n't , wo n't ...";
    expect(words(split).join(" ")).toBe(split);
  });

  it("keeps capitals if asked", () => {
    expect(words("NOT bad, ISN'T it", { lowerCase: false })).toEqual(["NOT", "bad", ",", "IS", "N'T", "it"]);
  });
});

describe("WordTokenizer", () => {
  const texts = ["b a", "a b", "C a c", "rare"];

  it("numbers padding, the unknown, then words by frequency and code", () => {
    const tokenizer = WordTokenizer.train(texts);
    expect(tokenizer.vocabulary).toEqual(["<pad>", "<unk>", "a", "b", "c", "rare"]);
    expect(tokenizer.size).toBe(6);
    expect([tokenizer.paddingId, tokenizer.unknownId]).toEqual([0, 1]);
  });

  it("leaves out rare words, and more of them where the size is limited", () => {
    expect(WordTokenizer.train(texts, { minCount: 2 }).vocabulary).toEqual(["<pad>", "<unk>", "a", "b", "c"]);
    expect(WordTokenizer.train(texts, { vocabSize: 4, specials: ["<cls>"] }).vocabulary).toEqual([
      "<pad>",
      "<unk>",
      "<cls>",
      "a",
    ]);
  });

  it("takes unknown words for the unknown, and gives back the words of ids", () => {
    const tokenizer = WordTokenizer.train(texts);
    expect(tokenizer.encode("A new b!")).toEqual([2, 1, 3, 1]);
    expect(tokenizer.decode([2, 1, 3])).toBe("a b");
    expect(tokenizer.decode([2, 1, 3], { skipSpecialTokens: false })).toBe("a <unk> b");
    expect(() => tokenizer.decode([6])).toThrow(expect.objectContaining({ code: "RANGE" }));
  });

  it("reads a special entry in a text as such, unless it may not", () => {
    const tokenizer = WordTokenizer.train(["<pad> <unk> < x"]);
    expect(tokenizer.encode("x<pad>")).toEqual([tokenizer.idOf("x"), tokenizer.paddingId]);
    expect(tokenizer.encode("x<pad>", { splitSpecialTokens: true })).toEqual(
      ["x", "<", "pad", ">"].map((token) => tokenizer.idOf(token)),
    );
    expect(() => tokenizer.idOf("<eos>")).toThrow(expect.objectContaining({ code: "RANGE" }));
  });

  it("is the same after a round trip through JSON", () => {
    const tokenizer = WordTokenizer.train(["Not not"], { lowerCase: false });
    const again = WordTokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)));
    expect(again.encode("not Not NOT")).toEqual(tokenizer.encode("not Not NOT"));
    expect(again.vocabulary).toEqual(tokenizer.vocabulary);
  });

  it.each([
    null,
    {},
    7,
    { model: {} },
    { model: { type: "WordLevel", vocab: { a: 0 }, unk_token: "a" } },
    WordPieceTokenizer.train([], { vocabSize: 5 }),
  ])("refuses %j as a tokenizer", (json) => {
    expect(() => WordTokenizer.fromJSON(json)).toThrow(expect.objectContaining({ code: "DATA" }));
  });

  it("refuses limits that make no sense", () => {
    expect(() => WordTokenizer.train(texts, { minCount: 0 })).toThrow(expect.objectContaining({ code: "RANGE" }));
    expect(() => WordTokenizer.train(texts, { vocabSize: 1 })).toThrow(expect.objectContaining({ code: "RANGE" }));
  });
});

describe("Classes", () => {
  it("orders numbers as numbers and names by code", () => {
    expect(Classes.of(["10", "9", "10", "-1"]).names).toEqual(["-1", "9", "10"]);
    expect(Classes.of(["pos", "10", "neg"]).names).toEqual(["10", "neg", "pos"]);
  });

  it("says which label is no class, and where", () => {
    const classes = new Classes(["neg", "pos"]);
    expect(classes.indexOf("pos", "dev.tsv:1")).toBe(1);
    expect(() => classes.indexOf("2", "dev.tsv:12")).toThrow(
      expect.objectContaining({ code: "DATA", message: 'dev.tsv:12: the label must be one of "neg", "pos", got "2"' }),
    );
  });

  it("needs two classes, each once", () => {
    expect(() => Classes.of(["1", "1"])).toThrow(expect.objectContaining({ code: "DATA" }));
    expect(() => new Classes(["1", "1"])).toThrow(expect.objectContaining({ code: "DATA" }));
  });
});

describe("holdOut", () => {
  const items = Array.from({ length: 50 }, (_, i) => i);

  it("parts the items, keeping their order, in a way the seed decides", () => {
    const { train, valid } = holdOut(items, { share: 0.2, seed: 3 });
    expect(valid).toHaveLength(10);
    expect([...train, ...valid].sort((a, b) => a - b)).toEqual(items);
    expect(valid).toEqual([...valid].sort((a, b) => a - b));
    expect(holdOut(items, { share: 0.2, seed: 3 })).toEqual({ train, valid });
    expect(holdOut(items, { share: 0.2, seed: 4 }).valid).not.toEqual(valid);
  });

  it("leaves something on both sides", () => {
    expect(holdOut([1, 2], { share: 0.01 }).valid).toHaveLength(1);
    expect(holdOut([1, 2], { share: 0.99 }).train).toHaveLength(1);
    expect(() => holdOut([1])).toThrow(expect.objectContaining({ code: "DATA" }));
    expect(() => holdOut([1, 2], { share: 1 })).toThrow(expect.objectContaining({ code: "RANGE" }));
  });
});

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readTextExamples } from "fovea/data";
import { describe, expect, it } from "vitest";
import { bagOfWords } from "../../examples/sentiment/bagOfWords.ts";
import { constructions } from "../../examples/sentiment/grammar.ts";
import { makeReviews, type Review, reviewsTsv } from "../../examples/sentiment/makeReviews.ts";

const path = (name: string): string => fileURLToPath(new URL(`../../examples/sentiment/data/${name}.tsv`, import.meta.url));

const splits = makeReviews();
const names = ["train", "valid", "test"] as const;

describe("the carried reviews", () => {
  it.each(names)("%s.tsv is what the generator makes", (name) => {
    expect(readFileSync(path(name), "utf8") === reviewsTsv(splits[name])).toBe(true);
  });

  it("occur once each, in one split", () => {
    const texts = names.flatMap((name) => splits[name].map(({ text }) => text));
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts).toHaveLength(7200 + 816 + 816);
  });

  it.each(names)("every word of %s is as frequent in both classes", (name) => {
    const balance = new Map<string, number>();
    for (const { text, label } of splits[name])
      for (const word of text.split(" ")) balance.set(word, (balance.get(word) ?? 0) + (label === 1 ? 1 : -1));
    expect([...balance].filter(([, difference]) => difference !== 0)).toEqual([]);
    expect(balance.size).toBeGreaterThan(100);
  });

  it("validation and test hold pairings of modifier and word that training has not", () => {
    const pairings = (reviews: readonly Review[]): Set<string> => {
      const found = constructions.flatMap(({ modifiers, words }) =>
        modifiers.flat().flatMap((modifier) => words.flat().map((word) => ` ${modifier} ${word} `)),
      );
      return new Set(found.filter((pairing) => reviews.some(({ text }) => ` ${text} `.includes(pairing))));
    };
    const seen = pairings(splits.train);
    for (const name of ["valid", "test"] as const) {
      const unseen = [...pairings(splits[name])].filter((pairing) => !seen.has(pairing));
      expect(unseen.length).toBeGreaterThan(20);
    }
  });

  it("other seeds give other reviews", () => {
    const sizes = { train: 48, valid: 48, test: 48 };
    expect(makeReviews(2, sizes)).toEqual(makeReviews(2, sizes));
    expect(makeReviews(3, sizes)).not.toEqual(makeReviews(2, sizes));
  });
});

describe("bag of words", () => {
  it("solves what words alone decide", async () => {
    const examples = ["good film", "bad film", "a good plot", "a bad plot", "film good", "film bad"].map((text, i) => ({
      text,
      label: i % 2 === 0 ? "yes" : "no",
      line: i + 1,
    }));
    expect(bagOfWords(examples, examples)).toMatchObject({ train: 1, valid: 1 });
  });

  it("is near chance on the carried reviews", async () => {
    const [train, valid] = await Promise.all([readTextExamples(path("train")), readTextExamples(path("valid"))]);
    const score = bagOfWords(train, valid);
    expect(score.valid).toBeLessThan(0.6);
    expect(score.valid).toBeGreaterThan(0.4);
  });
});

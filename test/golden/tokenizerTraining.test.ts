import { readFileSync } from "node:fs";
import { Tokenizer as HuggingFace } from "@huggingface/tokenizers";
import { ByteLevelBpeTokenizer, pretrainedTokenizer, Tokenizer, WordPieceTokenizer } from "fovea/data";
import { describe, expect, test } from "vitest";

interface Case {
  kind: "ByteLevelBpe" | "WordPiece";
  vocabSize: number;
  minCount: number;
  vocabulary: string[];
  merges: [string, string][] | null;
}

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const cases = JSON.parse(read("tokenizer_training/index.json")) as Case[];
const texts = read("../../examples/sentiment/data/train.tsv")
  .trimEnd()
  .split("\n")
  .slice(1)
  .map((line) => line.split("\t")[0]!);

/** `tokenizer_training/make.py` makes them with Hugging Face's trainers. */
describe.each(cases)("$kind of $vocabSize, at least $minCount times", ({ kind, vocabulary, merges, ...options }) => {
  const trained = kind === "WordPiece" ? WordPieceTokenizer.train(texts, options) : ByteLevelBpeTokenizer.train(texts, options);
  const json = JSON.parse(JSON.stringify(trained));

  test("learns what Hugging Face's trainer learns", () => {
    expect(trained.vocabulary).toEqual(vocabulary);
    if (merges) expect(json.model.merges).toEqual(merges);
  });

  test("is saved as a file that loads here and in Hugging Face's package", () => {
    const again = Tokenizer.fromJSON(json);
    const theirs = pretrainedTokenizer(new HuggingFace(json, {}));
    for (const text of [...texts.slice(0, 200), "Ünseen “words”, 映画 👍🏽 and\tspaces  ", ""]) {
      const ids = trained.encode(text);
      expect(again.encode(text)).toEqual(ids);
      expect(theirs.encode(text)).toEqual(ids);
    }
  });
});

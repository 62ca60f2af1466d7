import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type BleuOptions, bleu, cer, chrf, type ErrorRate, sentenceBleu, wer } from "../../ts/train/index.ts";

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(process.env.GOLDEN_DIR ? resolve(process.env.GOLDEN_DIR) : here, "bleu");
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));

type Row = Pick<BleuOptions, "tokenize" | "smooth" | "lowercase"> & {
  metric: "bleu" | "chrf";
  count: number;
  references: number;
  wordOrder?: number;
  score: number;
  scores: number[];
} & Record<string, unknown>;
interface Case {
  pairs: { hypothesis: string; references: string[] }[];
  corpus: Row[];
  sentence: Row[];
  errorRates: Record<"words" | "characters", ErrorRate[]> & {
    count: number;
    corpusWords: ErrorRate;
    corpusCharacters: ErrorRate;
  };
}

const titleOf = ({ metric, tokenize, smooth, wordOrder, lowercase, count = 1, references = 1 }: Row): string =>
  [metric, tokenize ?? `words of ${wordOrder}`, smooth, lowercase && "lower case", `${count} texts, ${references} references`]
    .filter(Boolean)
    .join(", ");

for (const { name, file } of read("index.json").cases as { name: string; file: string }[]) {
  const { pairs, corpus, sentence, errorRates } = read(file) as Case;

  describe(`sacrebleu's scores of ${name}`, () => {
    test.each(corpus.map((row) => [titleOf(row), row] as const))("%s", (_, row) => {
      const chosen = pairs.slice(0, row.count);
      const hypotheses = chosen.map(({ hypothesis }) => hypothesis);
      const references = chosen.map(({ references }) => references.slice(0, row.references));
      if (row.metric === "chrf") {
        expect(chrf(hypotheses, references, row)).toBeCloseTo(row.score, 9);
        return;
      }
      const ours: Record<string, unknown> = { ...bleu(hypotheses, references, { ...row, smoothValue: undefined }) };
      expect(ours.score).toBeCloseTo(row.score, 9);
      for (const key of ["counts", "totals", "hypothesisLength", "referenceLength"])
        if (key in row) expect(ours[key], key).toEqual(row[key]);
      for (const key of ["brevityPenalty"]) if (key in row) expect(ours[key]).toBeCloseTo(row[key] as number, 12);
      if ("precisions" in row)
        expect(ours.precisions).toEqual((row.precisions as number[]).map((value) => expect.closeTo(value, 9)));
    });

    test.each(sentence.map((row) => [titleOf(row), row] as const))("each sentence: %s", (_, row) => {
      pairs.forEach(({ hypothesis, references }, i) => {
        const [reference] = references as [string];
        const score =
          row.metric === "bleu" ? sentenceBleu(hypothesis, reference, row).score : chrf([hypothesis], [reference], row);
        expect(score, `sentence ${i}: ${hypothesis}`).toBeCloseTo(row.scores[i]!, 9);
      });
    });
  });

  describe(`jiwer's error rates of ${name}`, () => {
    const chosen = pairs.slice(0, errorRates.count);
    const [truth, given] = [chosen.map(({ references }) => references[0]!), chosen.map(({ hypothesis }) => hypothesis)];
    test.each([
      ["words", wer, errorRates.words, errorRates.corpusWords],
      ["characters", cer, errorRates.characters, errorRates.corpusCharacters],
    ] as const)("of %s", (_, rate, each, all) => {
      expect(truth.map((reference, i) => rate(reference, given[i]!))).toEqual(each.map(closely));
      expect(rate(truth, given)).toEqual(closely(all));
    });
  });
}

const closely = ({ rate, ...counts }: ErrorRate) => ({ ...counts, rate: expect.closeTo(rate, 12) });

import { expectReferences, matches, ngrams, type References, sizeOf, wordsOf } from "./ngrams.ts";

export interface ChrfOptions {
  /** Runs of up to so many characters. Default 6. */
  charOrder?: number;
  /** And of words: 2 is chrF++. Default 0. */
  wordOrder?: number;
  /** How much more recall counts than precision. Default 2. */
  beta?: number;
  lowercase?: boolean;
}

/** Of each order: runs in the hypothesis, in the reference, in both. */
type Statistics = [hypothesis: number, reference: number, both: number][];

/**
 * The F score of runs of characters (Popović 2015), from 0 to 100, as sacrebleu computes it: white space left out, of several references the
 * best. Throws `SHAPE` unless there are references for each hypothesis.
 */
export function chrf(hypotheses: readonly string[], references: References, options: ChrfOptions = {}): number {
  expectReferences("chrf", hypotheses, references);
  const { charOrder = 6, wordOrder = 0, beta = 2 } = options;
  const all: Statistics = Array.from({ length: charOrder + wordOrder }, () => [0, 0, 0]);
  hypotheses.forEach((hypothesis, i) => {
    const own = gramsOf(hypothesis, options);
    const each = [references[i]!].flat().map((reference) => compare(own, gramsOf(reference, options)));
    const best = each.reduce((best, other) => (fScore(other, beta) > fScore(best, beta) ? other : best));
    best.forEach((counts, order) => {
      for (const k of [0, 1, 2] as const) all[order]![k] += counts[k];
    });
  });
  return fScore(all, beta);
}

type Grams = ReturnType<typeof ngrams>[];

function gramsOf(text: string, { charOrder = 6, wordOrder = 0, lowercase = false }: ChrfOptions): Grams {
  const given = lowercase ? text.toLowerCase() : text;
  const characters = [...given.replace(/\s+/g, "")];
  const words = wordOrder > 0 ? wordsOf(given).flatMap(withoutPunctuation) : [];
  return [
    ...Array.from({ length: charOrder }, (_, i) => ngrams(characters, i + 1)),
    ...Array.from({ length: wordOrder }, (_, i) => ngrams(words, i + 1, " ")),
  ];
}

function compare(hypothesis: Grams, reference: Grams): Statistics {
  return hypothesis.map((own, order) => {
    const other = reference[order]!;
    return [other.size > 0 ? sizeOf(own) : 0, sizeOf(other), matches(own, other)];
  });
}

/** Of the mean precision and recall over the orders that both have. */
function fScore(statistics: Statistics, beta: number): number {
  const there = statistics.filter(([hypothesis, reference]) => hypothesis > 0 && reference > 0);
  if (there.length === 0) return 0;
  const precision = there.reduce((sum, [hypothesis, , both]) => sum + both / hypothesis, 0) / there.length;
  const recall = there.reduce((sum, [, reference, both]) => sum + both / reference, 0) / there.length;
  const factor = beta ** 2;
  return precision + recall === 0 ? 0 : (100 * (1 + factor) * precision * recall) / (factor * precision + recall);
}

const PUNCTUATION = new Set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

/** A mark at the end of a word, or else at its beginning, is a word of its own. */
function withoutPunctuation(word: string): string[] {
  const characters = [...word];
  if (characters.length === 1) return [word];
  const [first, last] = [characters[0]!, characters.at(-1)!];
  if (PUNCTUATION.has(last)) return [word.slice(0, -last.length), last];
  return PUNCTUATION.has(first) ? [first, word.slice(first.length)] : [word];
}

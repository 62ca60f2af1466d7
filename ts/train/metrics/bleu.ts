import { expectChoice } from "../../optim/optimizer.ts";
import { type BleuTokenize, TOKENIZERS } from "./bleuTokenize.ts";
import { type Counts, expectReferences, matches, ngrams, type References, sizeOf, wordsOf } from "./ngrams.ts";

export interface BleuOptions {
  /** Default "13a". */
  tokenize?: BleuTokenize;
  lowercase?: boolean;
  /** What becomes of an order without a match (Chen and Cherry 2014). Default "exp". */
  smooth?: "exp" | "floor" | "add-k" | "none";
  /** Of floor, 0.1 by default, and add-k, 1. */
  smoothValue?: number;
  /** Leave out orders longer than the text: for single sentences. Default false. */
  effectiveOrder?: boolean;
}

export interface BleuScore {
  /** From 0 to 100. */
  score: number;
  /** Of 1 to 4 words: how many match, how many there are, and their share in percent. */
  counts: number[];
  totals: number[];
  precisions: number[];
  brevityPenalty: number;
  hypothesisLength: number;
  referenceLength: number;
}

const ORDERS = [1, 2, 3, 4];

/** BLEU of a corpus (Papineni et al. 2002), as sacrebleu computes it (Post 2018). Throws `SHAPE` unless there are references for each hypothesis, and `RANGE`. */
export function bleu(hypotheses: readonly string[], references: References, options: BleuOptions = {}): BleuScore {
  expectReferences("bleu", hypotheses, references);
  const { tokenize = "13a", lowercase = false, smooth = "exp" } = options;
  expectChoice("bleu", "tokenize", tokenize, Object.keys(TOKENIZERS));
  expectChoice("bleu", "smooth", smooth, ["exp", "floor", "add-k", "none"]);
  const cut = (text: string): string[] => wordsOf(TOKENIZERS[tokenize]((lowercase ? text.toLowerCase() : text).trimEnd()));
  const [counts, totals] = [ORDERS.map(() => 0), ORDERS.map(() => 0)];
  let [hypothesisLength, referenceLength] = [0, 0];
  hypotheses.forEach((hypothesis, i) => {
    const words = cut(hypothesis);
    const others = [references[i]!].flat().map(cut);
    hypothesisLength += words.length;
    referenceLength += closest(
      words.length,
      others.map(({ length }) => length),
    );
    ORDERS.forEach((n, at) => {
      const own = ngrams(words, n, " ");
      counts[at]! += matches(own, mostOf(others.map((other) => ngrams(other, n, " "))));
      totals[at]! += sizeOf(own);
    });
  });
  return scoreOf(counts, totals, hypothesisLength, referenceLength, options);
}

/** BLEU of one sentence: without the orders that are longer than it. */
export function sentenceBleu(hypothesis: string, references: string | readonly string[], options: BleuOptions = {}): BleuScore {
  return bleu([hypothesis], [references], { effectiveOrder: true, ...options });
}

function scoreOf(
  counts: number[],
  totals: number[],
  hypothesisLength: number,
  referenceLength: number,
  options: BleuOptions,
): BleuScore {
  const { effectiveOrder = false } = options;
  const brevityPenalty = penalty(hypothesisLength, referenceLength);
  const result = { score: 0, counts, totals, precisions: ORDERS.map(() => 0), brevityPenalty, hypothesisLength, referenceLength };
  if (counts.every((count) => count === 0)) return result;
  const reached = fillPrecisions(result, options);
  const orders = effectiveOrder ? reached : ORDERS.length;
  // A precision of 0 is a logarithm far below all others, so that the score is 0.
  const logs = result.precisions.slice(0, orders).map((precision) => (precision === 0 ? -9_999_999_999 : Math.log(precision)));
  result.score = brevityPenalty * Math.exp(logs.reduce((sum, log) => sum + log, 0) / orders);
  return result;
}

function fillPrecisions({ counts, totals, precisions }: BleuScore, { smooth = "exp", smoothValue }: BleuOptions): number {
  let halvings = 1;
  for (const at of ORDERS.keys()) {
    if (smooth === "add-k" && at > 0) {
      counts[at]! += smoothValue ?? 1;
      totals[at]! += smoothValue ?? 1;
    }
    const [count, total] = [counts[at]!, totals[at]!];
    if (total === 0) return at;
    if (count > 0) precisions[at] = (100 * count) / total;
    else if (smooth === "exp") {
      halvings *= 2;
      precisions[at] = 100 / (halvings * total);
    } else if (smooth === "floor") precisions[at] = (100 * (smoothValue ?? 0.1)) / total;
  }
  return ORDERS.length;
}

function penalty(hypothesis: number, reference: number): number {
  if (hypothesis >= reference) return 1;
  return hypothesis > 0 ? Math.exp(1 - reference / hypothesis) : 0;
}

/** The shorter of two that are as near. */
const closest = (length: number, others: readonly number[]): number =>
  others.reduce((best, other) => {
    const [near, nearest] = [Math.abs(other - length), Math.abs(best - length)];
    return near < nearest || (near === nearest && other < best) ? other : best;
  });

/** Each as often as in the reference that has it most. */
function mostOf(references: readonly Counts[]): Counts {
  const most = new Map<string, number>();
  for (const counts of references) for (const [gram, count] of counts) most.set(gram, Math.max(count, most.get(gram) ?? 0));
  return most;
}

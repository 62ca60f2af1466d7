import { FoveaError } from "../../runtime/errors.ts";

export interface PrecisionRecall {
  precision: number;
  recall: number;
  f1: number;
}

/** What a confusion table says. A quotient with nothing below is 0, as scikit-learn's `zero_division=0`. */
export interface ClassificationScores {
  accuracy: number;
  /** The mean recall of the classes there are. */
  balancedAccuracy: number;
  /** Matthews' correlation coefficient, of several classes Gorodkin's (2004). */
  mcc: number;
  /** Cohen's κ. */
  cohenKappa: number;
  /** Over all examples alike. */
  micro: PrecisionRecall;
  /** The mean over classes. */
  macro: PrecisionRecall;
  /** The mean over classes, by how many examples each has. */
  weighted: PrecisionRecall;
  perClass: (PrecisionRecall & { support: number })[];
}

/**
 * `confusion[label][predicted]`: how many. `classes` by default as many as there are labels; what lies outside of them, such as an ignored -100, is left out.
 * Throws `SHAPE`, and `DATA` for what is no whole number.
 */
export function confusionMatrix(truth: ArrayLike<number>, predicted: ArrayLike<number>, classes?: number): number[][] {
  if (truth.length !== predicted.length)
    throw new FoveaError(
      "SHAPE",
      `confusionMatrix: as many predictions as labels are needed, got ${predicted.length} and ${truth.length}`,
    );
  for (const labels of [truth, predicted])
    for (let i = 0; i < labels.length; i += 1)
      if (!Number.isInteger(labels[i]))
        throw new FoveaError("DATA", `confusionMatrix: labels must be whole numbers, got ${labels[i]} at ${i}`);
  let count = classes ?? 0;
  if (classes === undefined) for (let i = 0; i < truth.length; i += 1) count = Math.max(count, truth[i]! + 1, predicted[i]! + 1);
  const confusion = Array.from({ length: count }, () => Array<number>(count).fill(0));
  for (let i = 0; i < truth.length; i += 1) {
    const row = confusion[truth[i]!];
    if (row && predicted[i]! >= 0 && predicted[i]! < count) row[predicted[i]!]! += 1;
  }
  return confusion;
}

/** All that follows from a confusion table. */
export function classificationScores(confusion: readonly (readonly number[])[]): ClassificationScores {
  const support = confusion.map(sum);
  const predicted = confusion.map((_, c) => sum(confusion.map((row) => row[c]!)));
  const right = confusion.map((row, c) => row[c]!);
  const [total, correct] = [sum(support), sum(right)];
  const perClass = right.map((hits, c) => ({ ...precisionRecall(hits, predicted[c]!, support[c]!), support: support[c]! }));
  const there = perClass.filter(({ support }) => support > 0);
  const chance = sum(support.map((count, c) => count * predicted[c]!));
  const spread = (counts: readonly number[]): number => total ** 2 - sum(counts.map((count) => count ** 2));
  return {
    accuracy: correct / total,
    balancedAccuracy: sum(there.map(({ recall }) => recall)) / there.length,
    mcc: quotient(correct * total - chance, Math.sqrt(spread(support) * spread(predicted))),
    cohenKappa: quotient(correct * total - chance, total ** 2 - chance),
    micro: precisionRecall(correct, total, total),
    macro: averageOf(perClass, () => 1),
    weighted: averageOf(perClass, ({ support }) => support),
    perClass,
  };
}

function precisionRecall(hits: number, predicted: number, support: number): PrecisionRecall {
  return { precision: quotient(hits, predicted), recall: quotient(hits, support), f1: quotient(2 * hits, predicted + support) };
}

function averageOf<C extends PrecisionRecall>(classes: readonly C[], weightOf: (of: C) => number): PrecisionRecall {
  const all = sum(classes.map(weightOf));
  const mean = (what: keyof PrecisionRecall): number => sum(classes.map((each) => each[what] * weightOf(each))) / all;
  return { precision: mean("precision"), recall: mean("recall"), f1: mean("f1") };
}

const quotient = (above: number, below: number): number => (below === 0 ? 0 : above / below);
const sum = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

import { FoveaError } from "../../runtime/errors.ts";

export interface RocCurve {
  /** The share of false alarms, and of hits, where what scores at least the threshold is taken for positive. */
  fpr: number[];
  tpr: number[];
  /** Falling; the first, above every score, is Infinity. */
  thresholds: number[];
}

/** One point for each score there is. `truth` 1 for positive and 0. Throws `SHAPE`, and `DATA` unless there are both. */
export function rocCurve(truth: ArrayLike<number>, scores: ArrayLike<number>): RocCurve {
  const { steps, positives, negatives } = descend("rocCurve", truth, scores);
  const curve: RocCurve = { fpr: [0], tpr: [0], thresholds: [Infinity] };
  for (const { hits, alarms, threshold } of steps) {
    curve.tpr.push(hits / positives);
    curve.fpr.push(alarms / negatives);
    curve.thresholds.push(threshold);
  }
  return curve;
}

/**
 * The chance that a positive scores above a negative, a tie counting half. `scores` one number each, or rows of one a class: then the
 * mean over classes, each against the rest. Throws `SHAPE`, and `DATA` unless there are positives and negatives.
 */
export function rocAuc(truth: ArrayLike<number>, scores: ArrayLike<number> | readonly (readonly number[])[]): number {
  const rows = Array.from<number | readonly number[]>(scores);
  const single = rows.filter((row) => typeof row === "number");
  if (single.length === rows.length) return area(rocCurve(truth, single));
  const each = rows.filter((row) => typeof row !== "number");
  expectRows("rocAuc", truth, each);
  const areas = each[0]!.map((_, c) => {
    const isClass = Array.from(truth, (label) => Number(label === c));
    return area(
      rocCurve(
        isClass,
        each.map((row) => row[c]!),
      ),
    );
  });
  return areas.reduce((sum, one) => sum + one, 0) / areas.length;
}

/** The mean precision over the positives, in order of their scores: the area under the precision–recall curve. Throws `DATA`. */
export function averagePrecision(truth: ArrayLike<number>, scores: ArrayLike<number>): number {
  const { steps, positives } = descend("averagePrecision", truth, scores);
  let [before, total] = [0, 0];
  for (const { hits, alarms } of steps) {
    total += ((hits - before) / positives) * (hits / (hits + alarms));
    before = hits;
  }
  return total;
}

/** The share of examples whose label is among the `k` best scored. Throws `SHAPE`, `DATA`. */
export function topKAccuracy(truth: ArrayLike<number>, scores: readonly (readonly number[])[], k: number): number {
  expectRows("topKAccuracy", truth, scores);
  const found = scores.filter((row, i) => row.filter((score) => score > row[truth[i]!]!).length < k);
  return found.length / scores.length;
}

/** The mean of −ln of the chance given to the label. Throws `SHAPE`, `DATA`. */
export function logLoss(truth: ArrayLike<number>, chances: readonly (readonly number[])[]): number {
  expectRows("logLoss", truth, chances);
  const losses = chances.map((row, i) => {
    const whole = row.reduce((sum, chance) => sum + chance, 0);
    return -Math.log(Math.max(row[truth[i]!]! / whole, Number.EPSILON));
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

function expectSameLength(op: string, truth: ArrayLike<number>, scores: ArrayLike<unknown>): void {
  if (truth.length !== scores.length)
    throw new FoveaError("SHAPE", `${op}: as many scores as labels are needed, got ${scores.length} and ${truth.length}`);
}

/** Of each example the scores of its classes, among which is its label. */
function expectRows(op: string, truth: ArrayLike<number>, rows: readonly (readonly number[])[]): void {
  expectSameLength(op, truth, rows);
  rows.forEach((row, i) => {
    if (row[truth[i]!] === undefined)
      throw new FoveaError("DATA", `${op}: labels must be from 0 to ${row.length - 1}, got ${truth[i]} at ${i}`);
  });
}

const area = ({ fpr, tpr }: RocCurve): number =>
  fpr.reduce((sum, x, i) => (i === 0 ? 0 : sum + ((x - fpr[i - 1]!) * (tpr[i]! + tpr[i - 1]!)) / 2), 0);

/** How many positives and negatives score at least each score, from the highest on. */
function descend(op: string, truth: ArrayLike<number>, scores: ArrayLike<number>) {
  expectSameLength(op, truth, scores);
  for (let i = 0; i < truth.length; i += 1) {
    if (truth[i] !== 0 && truth[i] !== 1) throw new FoveaError("DATA", `${op}: truth must be 0 or 1, got ${truth[i]} at ${i}`);
    if (Number.isNaN(scores[i])) throw new FoveaError("DATA", `${op}: scores must be numbers, got NaN at ${i}`);
  }
  const order = Array.from(scores, (score, i) => ({ score, positive: truth[i] === 1 })).sort((a, b) => b.score - a.score);
  const positives = order.filter(({ positive }) => positive).length;
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0)
    throw new FoveaError("DATA", `${op}: needs positives and negatives, got ${positives} and ${negatives}`);
  const steps: { hits: number; alarms: number; threshold: number }[] = [];
  let [hits, alarms] = [0, 0];
  order.forEach(({ score, positive }, i) => {
    if (positive) hits += 1;
    else alarms += 1;
    if (order[i + 1]?.score !== score) steps.push({ hits, alarms, threshold: score });
  });
  return { steps, positives, negatives };
}

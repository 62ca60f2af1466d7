import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  averagePrecision,
  classificationScores,
  confusionMatrix,
  logLoss,
  type PrecisionRecall,
  rocAuc,
  rocCurve,
  topKAccuracy,
} from "../../ts/train/index.ts";

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(process.env.GOLDEN_DIR ? resolve(process.env.GOLDEN_DIR) : here, "metrics");
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));

type Row = Record<"precision" | "recall" | "f1", number[]> & { support: number[] };
interface Case {
  truth: number[];
  predicted: number[];
  scores?: number[] | number[][];
  results: Record<string, unknown>;
}

/** Ours of every result that a case may have, by its name there. */
const computed: Record<string, (given: Case) => unknown> = {
  accuracy: (given) => scoresOf(given).accuracy,
  balancedAccuracy: (given) => scoresOf(given).balancedAccuracy,
  mcc: (given) => scoresOf(given).mcc,
  cohenKappa: (given) => scoresOf(given).cohenKappa,
  micro: (given) => scoresOf(given).micro,
  macro: (given) => scoresOf(given).macro,
  weighted: (given) => scoresOf(given).weighted,
  confusion: ({ truth, predicted }) => confusionMatrix(truth, predicted),
  perClass: (given): Row => {
    const { perClass } = scoresOf(given);
    const column = (name: keyof PrecisionRecall) => perClass.map((each) => each[name]);
    const support = perClass.map((each) => each.support);
    return { precision: column("precision"), recall: column("recall"), f1: column("f1"), support };
  },
  rocAuc: ({ truth, scores }) => rocAuc(truth, scores!),
  averagePrecision: ({ truth, scores }) => averagePrecision(truth, scores as number[]),
  rocCurve: ({ truth, scores }) => {
    const { fpr, tpr, thresholds } = rocCurve(truth, scores as number[]);
    return { fpr, tpr, thresholds: thresholds.slice(1) };
  },
  top2Accuracy: ({ truth, scores }) => topKAccuracy(truth, scores as number[][], 2),
  logLoss: ({ truth, scores }) => logLoss(truth, scores as number[][]),
};

const scoresOf = ({ truth, predicted }: Case) => classificationScores(confusionMatrix(truth, predicted));

describe("scikit-learn's metrics", () => {
  for (const { name, file } of read("index.json").cases as { name: string; file: string }[]) {
    const given = read(file) as Case;
    test.each(Object.keys(given.results))(`${name}: %s`, (result) => {
      expect(Object.keys(computed)).toContain(result);
      expectClose(computed[result]!(given), given.results[result], result);
    });
  }
});

/** Numbers within 1e-12, in arrays and objects of one shape. */
function expectClose(got: unknown, want: unknown, at: string): void {
  if (typeof want === "number") {
    expect(got, at).toBeCloseTo(want, 12);
    return;
  }
  const entries = Object.entries(want as object);
  expect(Object.keys(got as object).length, at).toBe(entries.length);
  for (const [key, value] of entries) expectClose((got as Record<string, unknown>)[key], value, `${at}.${key}`);
}

import { describe, expect, test } from "vitest";
import {
  averagePrecision,
  type BleuOptions,
  bleu,
  chrf,
  confusionMatrix,
  logLoss,
  rocAuc,
  rocCurve,
  topKAccuracy,
} from "../../ts/train/index.ts";

describe("what cannot be scored is refused", () => {
  test.each([
    ["SHAPE", () => rocAuc([1, 0], [0.1, 0.2, 0.3])],
    ["SHAPE", () => averagePrecision([1, 0], [0.1, 0.2, 0.3])],
    ["SHAPE", () => rocAuc([1, 0], [[0.1, 0.9]])],
    [
      "SHAPE",
      () =>
        topKAccuracy(
          [0],
          [
            [1, 2],
            [2, 1],
          ],
          1,
        ),
    ],
    ["SHAPE", () => logLoss([0, 1], [[0.5, 0.5]])],
    ["SHAPE", () => bleu(["a"], [[]])],
    ["SHAPE", () => chrf(["a"], [[]])],
    ["SHAPE", () => bleu("a b" as unknown as string[], "a b" as unknown as string[])],
    ["DATA", () => rocAuc([1, 2, 1], [0.1, 0.4, 0.3])],
    ["DATA", () => rocCurve([1, 0, 1], [0.1, Number.NaN, 0.3])],
    ["DATA", () => topKAccuracy([5], [[1, 2]], 1)],
    ["DATA", () => logLoss([-1], [[0.5, 0.5]])],
    ["DATA", () => confusionMatrix([0, 1], [0, 1.5])],
    ["RANGE", () => bleu(["a"], ["a"], { tokenize: "zh" } as unknown as BleuOptions)],
    ["RANGE", () => bleu(["a"], ["a"], { smooth: "much" } as unknown as BleuOptions)],
  ])("%s: %s", (code, score) => {
    expect(score).toThrow(expect.objectContaining({ code }));
  });
});

test("a confusion table leaves out what lies outside of the classes, on either side", () => {
  const confusion = confusionMatrix([0, 1, -100, 1], [0, -1, 1, 7], 2);
  expect(confusion).toEqual([
    [1, 0],
    [0, 0],
  ]);
  expect(Object.keys(confusion[1]!)).toEqual(["0", "1"]);
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as fovea from "../../ts/index.ts";

beforeAll(() => fovea.init({ threads: 1 }));
afterAll(() => fovea.dispose());

const z = (...shape: number[]) => fovea.zeros(shape);
const ids = (...values: number[]) => fovea.tensor(Int32Array.from(values));
const targets = (...rows: number[][]) => fovea.tensor(rows, undefined, { dtype: "int32" });
const other = "average" as "mean";

/** A call, its code, and what the text must say: the op, the rule, what came. */
const refused: Record<string, [call: () => unknown, code: string, text: RegExp][]> = {
  nllLoss: [
    [() => fovea.nllLoss(z(2, 3), ids(0, 3)), "RANGE", /^nllLoss: labels must be from 0 to 2 .*-100, got 3 at element 1/],
    [() => fovea.nllLoss(z(2, 3), ids(-1, 0)), "RANGE", /^nllLoss: labels .*got -1 at element 0/],
    [() => fovea.nllLoss(z(2, 3), ids(0)), "SHAPE", /^nllLoss: labels must be \[2\], got \[1\]/],
    [() => fovea.nllLoss(z(2, 3), ids(0, 1), { weight: z(2) }), "SHAPE", /^nllLoss: weight must be \[3\], got \[2\]/],
    [() => fovea.nllLoss(z(2, 3), z(2)), "DTYPE", /^nllLoss: labels must be int32/],
  ],
  "losses of two tensors": [
    [() => fovea.mseLoss(z(2, 3), z(3)), "SHAPE", /^mseLoss: target must be \[2, 3\], got \[3\]/],
    [() => fovea.l1Loss(z(2), ids(0, 1)), "DTYPE", /^l1Loss: target must be float32/],
    [() => fovea.mseLoss(z(2), z(2), { reduction: other }), "RANGE", /^mseLoss: reduction .*"sum", got "average"/],
    [() => fovea.smoothL1Loss(z(2), z(2), { beta: -1 }), "RANGE", /^smoothL1Loss: beta must be at least 0, got -1/],
    [() => fovea.huberLoss(z(2), z(2), { delta: 0 }), "RANGE", /^huberLoss: delta must be above 0, got 0/],
    [() => fovea.klDiv(z(2), z(2), { reduction: other }), "RANGE", /^klDiv: reduction .*"batchmean", got "average"/],
    [() => fovea.mseLoss(z(2), z(2), { reduction: "batchmean" as "mean" }), "RANGE", /^mseLoss: reduction .*got "batchmean"/],
  ],
  "binary cross-entropy": [
    [
      () => fovea.binaryCrossEntropy(fovea.tensor([0.5, 1.5]), z(2)),
      "RANGE",
      /x must be from 0 to 1, got 1.5 at element 1; .*Logits/,
    ],
    [
      () => fovea.binaryCrossEntropy(z(2, 3), z(2, 3), { weight: z(2) }),
      "SHAPE",
      /sizes must be equal or 1 .*\[2\] and \[2, 3\]/,
    ],
    [
      () => fovea.binaryCrossEntropyWithLogits(z(2, 3), z(2, 3), { posWeight: z(4, 2, 3) }),
      "SHAPE",
      /^binaryCrossEntropyWithLogits: posWeight must repeat to \[2, 3\], got \[4, 2, 3\]/,
    ],
    [
      () => fovea.binaryCrossEntropyWithLogits(z(1, 3), z(1, 3), { weight: z(2, 3) }),
      "SHAPE",
      /^binaryCrossEntropyWithLogits: weight must repeat to \[1, 3\], got \[2, 3\]/,
    ],
  ],
  crossEntropy: [
    [() => fovea.crossEntropy(z(2, 3), ids(0, 1), { reduction: other }), "RANGE", /^crossEntropy: reduction .*got "average"/],
  ],
  ctcLoss: [
    [() => fovea.ctcLoss(z(3, 4), targets([1])), "RANK", /^ctcLoss: logProbs must be \[batch, frames, classes\], got \[3, 4\]/],
    [() => fovea.ctcLoss(z(1, 3, 4), ids(1, 2)), "RANK", /^ctcLoss: targets must be \[batch, targetLen\], got \[2\]/],
    [() => fovea.ctcLoss(z(2, 3, 4), targets([1])), "SHAPE", /^ctcLoss: targets must be \[2, targetLen\], got \[1, 1\]/],
    [() => fovea.ctcLoss(z(1, 3, 4), z(1, 2)), "DTYPE", /^ctcLoss: targets must be int32/],
    [() => fovea.ctcLoss(z(1, 3, 4), targets([1]), { blank: 4 }), "RANGE", /^ctcLoss: blank .*from 0 to 3, got 4/],
    [() => fovea.ctcLoss(z(1, 3, 4), targets([1, 4])), "RANGE", /^ctcLoss: targets must be from 0 to 3 .*got 4 at \[0, 1\]/],
    [() => fovea.ctcLoss(z(1, 3, 4), targets([2, 0])), "RANGE", /^ctcLoss: targets .*not blank = 0, got 0 at \[0, 1\]/],
    [
      () => fovea.ctcLoss(z(2, 3, 4), targets([1], [2]), { inputLengths: [3, 4] }),
      "RANGE",
      /^ctcLoss: inputLengths must be whole numbers from 0 to 3, got 4 for item 1/,
    ],
    [
      () => fovea.ctcLoss(z(2, 3, 4), targets([1], [2]), { targetLengths: [2, 1] }),
      "RANGE",
      /^ctcLoss: targetLengths must be whole numbers from 0 to 1, got 2 for item 0/,
    ],
    [
      () => fovea.ctcLoss(z(2, 3, 4), targets([1], [2]), { inputLengths: [3] }),
      "SHAPE",
      /inputLengths must have batch = 2 .*got 1/,
    ],
    [() => fovea.ctcLoss(z(2, 3, 4), targets([1], [2]), { targetLengths: [1] }), "SHAPE", /targetLengths must have batch = 2/],
  ],
  "losses of vectors": [
    [() => fovea.cosineEmbeddingLoss(z(2, 3), z(2, 3), ids(1, 0)), "RANGE", /target must be 1 or -1, got 0 at element 1/],
    [
      () => fovea.cosineEmbeddingLoss(z(2, 3), z(2, 4), ids(1, 1)),
      "SHAPE",
      /^cosineEmbeddingLoss: x2 must be \[2, 3\], got \[2, 4\]/,
    ],
    [() => fovea.cosineEmbeddingLoss(z(2, 3), z(2, 3), ids(1)), "SHAPE", /^cosineEmbeddingLoss: target must be \[2\], got \[1\]/],
    [() => fovea.tripletMarginLoss(z(2, 3), z(2, 3), z(3)), "SHAPE", /^tripletMarginLoss: negative must be \[2, 3\], got \[3\]/],
    [
      () => fovea.tripletMarginLoss(z(2), z(2), z(2), { margin: 0 }),
      "RANGE",
      /^tripletMarginLoss: margin must be above 0, got 0/,
    ],
    [() => fovea.pairwiseDistance(z(2), z(2), { p: 0 }), "RANGE", /^pairwiseDistance: p must be above 0 and finite, got 0/],
    [() => fovea.infoNce(z(2, 3), z(4, 3)), "SHAPE", /^infoNce: key must be \[2, 3\], got \[4, 3\]/],
    [() => fovea.infoNce(z(2, 3), z(2, 3), { temperature: 0 }), "RANGE", /^infoNce: temperature must be above 0, got 0/],
  ],
};

for (const [op, calls] of Object.entries(refused))
  describe(op, () => {
    test.each(calls.map(([call, code, text]) => ({ call, code, text })))("$code $text", ({ call, code, text }) => {
      const before = fovea.runtime.memory.used;
      fovea.scope(() => {
        expect(call).toThrow(expect.objectContaining({ name: "FoveaError", code, message: expect.stringMatching(text) }));
      });
      expect(fovea.runtime.memory.used, "memory held after the error").toBe(before);
    });
  });

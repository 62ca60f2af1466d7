import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ctcLoss, dispose, init, log, scope, softmax, type Tensor, tensor } from "../../ts/index.ts";
import { random } from "../harness/random.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const frames = 5;
const classes = 3;

/** The labels that are left once repeats are merged and then blanks dropped. */
const collapsed = (path: readonly number[], blank: number): number[] =>
  path.filter((label, t) => label !== path[t - 1] && label !== blank);

/** −ln of the summed probability of every labelling of the frames that collapses to the target: the definition. */
function enumerated(logProbs: ArrayLike<number>, target: readonly number[], length: number, blank: number): number {
  let probability = 0;
  for (let code = 0; code < classes ** length; code += 1) {
    const path = Array.from({ length }, (_, t) => Math.floor(code / classes ** t) % classes);
    if (collapsed(path, blank).join() !== target.join()) continue;
    probability += Math.exp(path.reduce((sum, label, t) => sum + logProbs[t * classes + label]!, 0));
  }
  return -Math.log(probability);
}

const logProbsOf = (items: number): Tensor => {
  const rng = random(items);
  const logits = Float32Array.from({ length: items * frames * classes }, () => 2 * rng.normal());
  return log(softmax(tensor(logits, [items, frames, classes])));
};

const int32 = (rows: number[][]): Tensor => tensor(rows, undefined, { dtype: "int32" });

describe.each([0, 1, 2])("the sum over all alignments, blank %i", (blank) => {
  const [a, b] = [0, 1, 2].filter((label) => label !== blank) as [number, number];
  const targets = [[a], [b, a], [a, a], [a, b, a], [b, b, a], [a, a, a], [a, b, a, b], [b, b, b, b], [a, b, b, a, b]];
  test.each(targets.map((target) => ({ target })))("$target", ({ target }) => {
    scope(() => {
      const inputLengths = [0, 1, 2, 3, 4, 5];
      const logProbs = logProbsOf(inputLengths.length);
      const losses = ctcLoss(logProbs, int32(inputLengths.map(() => target)), { inputLengths, blank, reduction: "none" });
      const values = logProbs.view();
      inputLengths.forEach((length, i) => {
        const expected = enumerated(values.subarray(i * frames * classes), target, length, blank);
        const got = losses.view()[i]!;
        if (expected === Infinity) expect(got, `${length} frames`).toBe(Infinity);
        else expect(Math.abs(got - expected), `${length} frames`).toBeLessThan(4e-6 * Math.max(1, expected));
      });
    });
  });

  test("an empty target", () => {
    scope(() => {
      const logProbs = logProbsOf(2);
      const losses = ctcLoss(logProbs, int32([[a], [a]]), {
        targetLengths: [0, 0],
        inputLengths: [5, 0],
        blank,
        reduction: "none",
      });
      expect(losses.view()[0]).toBeCloseTo(enumerated(logProbs.view(), [], 5, blank), 4);
      expect(losses.view()[1]).toBe(0);
    });
  });
});

describe("a target that is too long for its frames", () => {
  const run = (zeroInfinity: boolean) =>
    scope(() => {
      const logProbs = tensor(logProbsOf(2).toArray(), [2, frames, classes], { requiresGrad: true });
      const targets = int32([
        [1, 1, 1, 1],
        [1, 2, 1, 2],
      ]);
      const loss = ctcLoss(logProbs, targets, { zeroInfinity });
      loss.backward();
      const alone = ctcLoss(logProbs.detach(), targets, { reduction: "none" }).view()[1]!;
      return { loss: loss.item(), alone, gradient: logProbs.grad!.toArray() };
    });

  test("makes the mean ∞, or counts 0", () => {
    expect(run(false).loss).toBe(Infinity);
    const { loss, alone } = run(true);
    expect(loss).toBeCloseTo(alone / 4 / 2, 5);
  });

  test.each([false, true])("has no gradient, and leaves that of the others alone (zeroInfinity %s)", (zeroInfinity) => {
    const { gradient } = run(zeroInfinity);
    expect([...gradient.slice(0, frames * classes)].every((value) => value === 0)).toBe(true);
    for (let t = 0; t < frames; t += 1) {
      const frame = gradient.slice((frames + t) * classes, (frames + t + 1) * classes);
      expect([...frame].reduce((sum, value) => sum + value)).toBeCloseTo(-1 / 8, 5); // each frame's shares add up to 1
    }
  });
});

test("frames beyond an item's own are never read", () => {
  scope(() => {
    const values = logProbsOf(1).toArray();
    values.fill(Number.NaN, 3 * classes);
    const logProbs = tensor(values, [1, frames, classes], { requiresGrad: true });
    const loss = ctcLoss(logProbs, int32([[1, 2]]), { inputLengths: [3] });
    loss.backward();
    expect(loss.item()).toBeGreaterThan(0);
    expect([...logProbs.grad!.view().slice(3 * classes)]).toEqual(Array(2 * classes).fill(0));
  });
});

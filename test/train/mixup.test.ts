import { afterAll, beforeAll, expect, test } from "vitest";
import { crossEntropy, dispose, init, mixup, ones, Rng, randn, scope, sum, tensor } from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const labels = (...values: number[]) => tensor(Int32Array.from(values), [values.length]);

test("each item is its share of itself and the rest of another, labels alike", () => {
  const x = tensor([
    [0, 10],
    [1, 20],
    [2, 30],
  ]);
  const mixed = mixup(x, labels(0, 1, 2), { numClasses: 3, alpha: 1, rng: new Rng(3) });
  const chances = mixed.labels.toNested() as number[][];
  (mixed.x.toNested() as number[][]).forEach(([place, tens], i) => {
    // The first column is the class: its mean by the chances is the mixture.
    expect(place).toBeCloseTo(chances[i]![1]! + 2 * chances[i]![2]!, 5);
    expect(tens).toBeCloseTo(10 + 10 * place!, 4);
    expect(chances[i]!.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 6);
    expect(chances[i]![i]).toBeGreaterThanOrEqual(Math.fround(mixed.share) - 1e-6);
  });
  expect(crossEntropy(randn([3, 3]), mixed.labels).shape).toEqual([]);
});

test("shares are of a Beta distribution: mean ½, variance 1 / (4 (2 α + 1))", () => {
  const rng = new Rng(5);
  for (const alpha of [0.2, 1, 4]) {
    const [x, one] = [ones([1]), labels(0)];
    const shares = Array.from({ length: 4000 }, () => scope(() => mixup(x, one, { numClasses: 1, alpha, rng }).share));
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
    expect(variance * 4 * (2 * alpha + 1)).toBeGreaterThan(0.9);
    expect(variance * 4 * (2 * alpha + 1)).toBeLessThan(1.1);
  }
});

test("gradients pass to what was mixed", () => {
  const x = randn([4, 2], { requiresGrad: true });
  scope(() => sum(mixup(x, labels(0, 1, 0, 1), { numClasses: 2, rng: new Rng(1) }).x).backward());
  for (const value of x.grad!.view()) expect(value).toBeCloseTo(1, 5);
});

test("what does not fit is refused", () => {
  const rng = new Rng(0);
  expect(() => mixup(ones([2]), labels(0, 5), { numClasses: 2, rng })).toThrow(expect.objectContaining({ code: "RANGE" }));
  expect(() => mixup(ones([2]), labels(0), { numClasses: 2, rng })).toThrow(expect.objectContaining({ code: "SHAPE" }));
  expect(() => mixup(ones([1]), labels(0), { numClasses: 2, alpha: 0, rng })).toThrow(expect.objectContaining({ code: "RANGE" }));
});

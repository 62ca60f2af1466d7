import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReduceOptions, Tensor } from "../../ts/index.ts";
import * as fovea from "../../ts/index.ts";
import { leaf } from "../gradients/leaves.ts";

const {
  argmax,
  argmin,
  cumsum,
  logSoftmax,
  logSumExp,
  max,
  mean,
  min,
  norm,
  ones,
  prod,
  scope,
  std,
  sum,
  tensor,
  variance,
  zeros,
} = fovea;

beforeAll(() => fovea.init({ threads: 1 }));
afterAll(() => fovea.dispose());

const total = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);
const average = (x: readonly number[]): number => total(x) / x.length;
const spread = (x: readonly number[], correction: number): number =>
  total(x.map((value) => (value - average(x)) ** 2)) / (x.length - correction);

/** Each reduction and what it makes of the elements it meets, in double. */
const reductions: Record<string, [op: (x: Tensor, options: ReduceOptions) => Tensor, f: (x: readonly number[]) => number]> = {
  sum: [sum, total],
  mean: [mean, average],
  prod: [prod, (x) => x.reduce((a, b) => a * b, 1)],
  max: [max, (x) => Math.max(...x)],
  min: [min, (x) => Math.min(...x)],
  variance: [variance, (x) => spread(x, 1)],
  "variance of a population": [(x, options) => variance(x, { ...options, correction: 0 }), (x) => spread(x, 0)],
  std: [std, (x) => Math.sqrt(spread(x, 1))],
  logSumExp: [logSumExp, (x) => Math.log(total(x.map(Math.exp)))],
  norm: [norm, (x) => Math.hypot(...x)],
  "norm, p 1": [(x, options) => norm(x, { ...options, p: 1 }), (x) => total(x.map(Math.abs))],
  "norm, p 3": [(x, options) => norm(x, { ...options, p: 3 }), (x) => Math.cbrt(total(x.map((value) => Math.abs(value) ** 3)))],
  "norm, p ∞": [(x, options) => norm(x, { ...options, p: Infinity }), (x) => Math.max(...x.map(Math.abs))],
};

const axes: (readonly number[] | number | undefined)[] = [undefined, 0, -1, 1, [1, 2], [0, 2], [3, 0, -3], [0, 1, 2, 3], []];

/** The elements of each result, in row-major order of the results. */
function groups(x: Tensor, reduced: readonly number[]): number[][] {
  const found = new Map<number, number[]>();
  const values = x.toArray();
  for (let at = 0; at < values.length; at += 1) {
    let [rest, key, stride] = [at, 0, 1];
    for (let axis = x.shape.length - 1; axis >= 0; axis -= 1) {
      const size = x.shape[axis]!;
      if (!reduced.includes(axis)) {
        key += (rest % size) * stride;
        stride *= size;
      }
      rest = Math.floor(rest / size);
    }
    found.set(key, [...(found.get(key) ?? []), values[at]!]);
  }
  return [...found].sort(([a], [b]) => a - b).map(([, each]) => each);
}

describe.each(Object.entries(reductions))("%s", (_, [op, f]) => {
  test.each(axes)("axis %j", (axis) => {
    scope(() => {
      const x = leaf([3, 2, 5, 4]);
      const all = [0, 1, 2, 3];
      const reduced = axis === undefined ? all : [axis].flat().map((each) => (each < 0 ? each + 4 : each));
      if (reduced.length === 0 && (op === variance || op === std)) return; // of one element each: NaN
      const want = groups(x, reduced).map(f);
      const [out, kept] = [op(x, { axis }), op(x, { axis, keepdim: true })];
      expect(out.shape).toEqual(x.shape.filter((_, i) => !reduced.includes(i)));
      expect(kept.shape).toEqual(x.shape.map((size, i) => (reduced.includes(i) ? 1 : size)));
      expect([...kept.view()]).toEqual([...out.view()]);
      // Sums of at most 120 numbers of about 1.
      out.view().forEach((value, i) => {
        expect(Math.abs(value - want[i]!)).toBeLessThan(2e-6 * Math.max(1, Math.abs(want[i]!)));
      });
    });
  });
});

test("what PyTorch says of 1, 2, 3, 4", () => {
  scope(() => {
    const x = tensor([1, 2, 3, 4]);
    expect(std(x).item()).toBeCloseTo(1.2909944, 6);
    expect(variance(x, { correction: 0 }).item()).toBe(1.25);
    expect(norm(x).item()).toBeCloseTo(5.4772258, 6);
    expect(logSumExp(x).item()).toBeCloseTo(4.4401898, 6);
    expect(cumsum(x, 0).toNested()).toEqual([1, 3, 6, 10]);
    logSoftmax(x)
      .view()
      .forEach((value, i) => {
        expect(value).toBeCloseTo([-3.4401898, -2.4401898, -1.4401897, -0.4401897][i]!, 6);
      });
  });
});

describe("edges", () => {
  test("of nothing: 0, NaN, −∞, and an error where there must be something", () => {
    scope(() => {
      const none = zeros([0, 3]);
      expect(sum(none, { axis: 0 }).toNested()).toEqual([0, 0, 0]);
      expect(mean(none, { axis: 0 }).toNested()).toEqual([Number.NaN, Number.NaN, Number.NaN]);
      expect(variance(none, { axis: 0 }).toNested()).toEqual([Number.NaN, Number.NaN, Number.NaN]);
      expect(logSumExp(none, { axis: 0 }).toNested()).toEqual([-Infinity, -Infinity, -Infinity]);
      expect(norm(none).item()).toBe(0);
      expect(prod(none, { axis: 0 }).toNested()).toEqual([1, 1, 1]);
      expect(max(none, { axis: 1 }).shape).toEqual([0]);
      for (const op of [max, min, argmax, argmin])
        expect(() => op(none, { axis: 0 })).toThrow(expect.objectContaining({ code: "SHAPE" }));
    });
  });

  test("the variance of one is NaN, of a population of one 0; far from 0 it is still precise", () => {
    scope(() => {
      expect(variance(tensor([5])).item()).toBeNaN();
      expect(variance(tensor([5]), { correction: 0 }).item()).toBe(0);
      const far = tensor(Float32Array.from({ length: 1000 }, (_, i) => 1e4 + (i % 2)));
      expect(variance(far, { correction: 0 }).item()).toBeCloseTo(0.25, 4);
    });
  });

  test("infinities and NaN", () => {
    scope(() => {
      const x = tensor([
        [-Infinity, -Infinity],
        [Infinity, 1],
        [Number.NaN, 1],
        [1e4, 1e4],
      ]);
      const [none, all, nan, far] = logSumExp(x, { axis: 1 }).view();
      expect([none, all, nan]).toEqual([-Infinity, Infinity, Number.NaN]);
      expect(far).toBeCloseTo(1e4 + Math.LN2, 2);
      expect(max(x, { axis: 1 }).toNested()).toEqual([-Infinity, Infinity, Number.NaN, 1e4]);
      expect(min(x, { axis: 1 }).toNested()).toEqual([-Infinity, 1, Number.NaN, 1e4]);
      expect(argmax(x, { axis: 1 }).toNested()).toEqual([0, 0, 0, 0]);
      expect(argmin(x, { axis: 1 }).toNested()).toEqual([0, 1, 0, 0]);
      const [, , , [one, other]] = logSoftmax(x).toNested() as number[][] as [number[], number[], number[], [number, number]];
      expect([one, other]).toEqual([Math.fround(-Math.LN2), Math.fround(-Math.LN2)]);
    });
  });

  test("equal largest elements share the gradient, as of PyTorch's amax", () => {
    scope(() => {
      const x = tensor(
        [
          [3, 1, 3],
          [0, 0, 0],
        ],
        { requiresGrad: true },
      );
      max(x, { axis: 1 }).backward(tensor([1, 6]));
      expect(x.grad!.toNested()).toEqual([
        [0.5, 0, 0.5],
        [2, 2, 2],
      ]);
    });
  });

  test("norm and std have gradient 0 where they have a corner", () => {
    scope(() => {
      const x = tensor(new Float32Array(3), { requiresGrad: true });
      norm(x).backward();
      expect(x.grad!.toNested()).toEqual([0, 0, 0]);
      x.zeroGrad();
      std(x).backward();
      expect(x.grad!.toNested()).toEqual([0, 0, 0]);
    });
  });
});

test("argmax and argmin name the first, along an axis or of all", () => {
  scope(() => {
    const x = tensor([
      [1, 7, 7],
      [9, 0, 9],
    ]);
    expect(argmax(x).item()).toBe(3);
    expect(argmin(x).item()).toBe(4);
    expect(argmax(x, { axis: 1 }).toNested()).toEqual([1, 0]);
    expect(argmax(x, { axis: 0, keepdim: true }).toNested()).toEqual([[1, 0, 1]]);
    expect(argmax(x).dtype).toBe("int32");
    expect(argmax(ones([2, 3, 2]), { axis: 1 }).toNested()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

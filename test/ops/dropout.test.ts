import { afterAll, beforeAll, expect, test } from "vitest";
import { dispose, dropout, init, manualSeed, ones, scope } from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

test("drops the share it was told and scales the others", () => {
  scope(() => {
    manualSeed(1);
    const values = dropout(ones([100_000]), { p: 0.3 }).view();
    const dropped = values.filter((value: number) => value === 0).length;
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
    // 5 standard deviations of a binomial count
    expect(Math.abs(dropped - 30_000)).toBeLessThan(5 * Math.sqrt(100_000 * 0.3 * 0.7));
  });
});

test("the gradient passes where the value did", () => {
  scope(() => {
    const x = ones([1000], { requiresGrad: true });
    const out = dropout(x, { p: 0.5 });
    out.backward(ones([1000]));
    expect(x.grad!.toArray()).toEqual(out.toArray());
  });
});

test("the same seed drops the same elements, the next call others", () => {
  scope(() => {
    const draw = () => dropout(ones([200])).toArray();
    manualSeed(7);
    const first = draw();
    expect(draw()).not.toEqual(first);
    manualSeed(7);
    expect(draw()).toEqual(first);
  });
});

test("gives x itself back when it has nothing to drop", () => {
  scope(() => {
    const x = ones([3]);
    expect(dropout(x, { training: false })).toBe(x);
    expect(dropout(x, { p: 0 })).toBe(x);
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as fovea from "../../ts/index.ts";
import { int32 } from "../gradients/leaves.ts";

const { cast, equal, greater, greaterEqual, less, lessEqual, logicalAnd, logicalNot, logicalOr, notEqual, scope, tensor } = fovea;

beforeAll(() => fovea.init({ threads: 1 }));
afterAll(() => fovea.dispose());

const ops = {
  equal: [equal, (x: number, y: number) => x === y],
  notEqual: [notEqual, (x: number, y: number) => x !== y],
  less: [less, (x: number, y: number) => x < y],
  lessEqual: [lessEqual, (x: number, y: number) => x <= y],
  greater: [greater, (x: number, y: number) => x > y],
  greaterEqual: [greaterEqual, (x: number, y: number) => x >= y],
} as const;

describe.each(Object.entries(ops))("%s", (_, [op, holds]) => {
  const values = [0, -0, 1, -1, Infinity, -Infinity, Number.NaN];
  test("of floats, every pair of special ones", () => {
    scope(() => {
      const out = op(tensor(values).reshape([7, 1]), tensor(values));
      expect(out.dtype).toBe("bool");
      expect(out.toNested()).toEqual(values.map((x) => values.map((y) => holds(x, y))));
    });
  });

  test("of integers that float32 cannot tell apart, of flags, and mixed", () => {
    scope(() => {
      const [x, y] = [
        [2 ** 31 - 1, 5],
        [2 ** 31 - 2, 5],
      ];
      expect(op(int32(x!), int32(y!)).toNested()).toEqual(x!.map((value, i) => holds(value, y![i]!)));
      expect(op(int32(x!), 2 ** 31 - 2).toNested()).toEqual(x!.map((value) => holds(value, 2 ** 31 - 2)));
      expect(op(tensor([true, false]), tensor([true, true])).toNested()).toEqual([holds(1, 1), holds(0, 1)]);
      expect(op(int32([1, 2]), tensor([1.5, 2])).toNested()).toEqual([holds(1, 1.5), holds(2, 2)]);
      expect(op(1.5, int32([1, 2])).toNested()).toEqual([holds(1.5, 1), holds(1.5, 2)]);
    });
  });
});

test("logic: all four pairs, and numbers that are not 0", () => {
  scope(() => {
    const [x, y] = [tensor([false, false, true, true]), tensor([false, true, false, true])];
    expect(logicalAnd(x, y).toNested()).toEqual([false, false, false, true]);
    expect(logicalOr(x, y).toNested()).toEqual([false, true, true, true]);
    expect(logicalNot(x).toNested()).toEqual([true, true, false, false]);
    expect(logicalAnd(tensor([0.5, 0, -2]), int32([3])).toNested()).toEqual([true, false, true]);
    expect(logicalOr(tensor([[true], [false]]), tensor([false, true])).toNested()).toEqual([
      [true, true],
      [false, true],
    ]);
  });
});

test("isNaN, in a row of any length", () => {
  scope(() => {
    const x = tensor(Float32Array.from({ length: 1009 }, (_, i) => (i % 7 === 3 ? Number.NaN : i)));
    fovea
      .isNaN(x)
      .toArray()
      .forEach((flag, i) => {
        expect(flag).toBe(i % 7 === 3 ? 1 : 0);
      });
  });
});

test("no gradient passes a comparison", () => {
  scope(() => {
    const x = tensor([1, 2], { requiresGrad: true });
    expect(less(x, 2).requiresGrad).toBe(false);
    expect(cast(x, "int32").requiresGrad).toBe(false);
  });
});

test("cast: towards 0, whether it is not 0, and itself", () => {
  scope(() => {
    const x = tensor([-1.7, 0, 2.9, Number.NaN]);
    expect(cast(x, "int32").toNested()).toEqual([-1, 0, 2, 0]);
    expect(cast(x, "bool").toNested()).toEqual([true, false, true, true]);
    expect(cast(tensor([true, false]), "float32").toNested()).toEqual([1, 0]);
    expect(cast(x, "float32")).toBe(x);
  });
});

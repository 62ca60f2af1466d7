import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as fovea from "../../ts/index.ts";
import { int32, leaf } from "../gradients/leaves.ts";

const { gather, indexSelect, maskedFill, oneHot, scatterAdd, scope, sort, take, tensor, topK, tril, triu, where, zeros } = fovea;

beforeAll(() => fovea.init({ threads: 1 }));
afterAll(() => fovea.dispose());

const table = () =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);

describe("by index, as PyTorch's documentation has it", () => {
  test("gather along either axis, and of fewer rows", () => {
    scope(() => {
      expect(gather(table(), 1, int32([0, 0, 1, 0], [2, 2])).toNested()).toEqual([
        [1, 1],
        [5, 4],
      ]);
      expect(gather(table(), 0, int32([1, 0, 1], [1, 3])).toNested()).toEqual([[4, 2, 6]]);
      expect(gather(table(), -1, int32([2], [1, 1])).toNested()).toEqual([[3]]);
    });
  });

  test("indexSelect and take", () => {
    scope(() => {
      expect(indexSelect(table(), 1, int32([2, 0, 2])).toNested()).toEqual([
        [3, 1, 3],
        [6, 4, 6],
      ]);
      expect(indexSelect(table(), 0, int32([])).shape).toEqual([0, 3]);
      expect(take(table(), int32([5, 0, 3, 3], [2, 2])).toNested()).toEqual([
        [6, 1],
        [4, 4],
      ]);
    });
  });

  test("scatterAdd is what gather undoes", () => {
    scope(() => {
      const index = int32([0, 1, 2, 0, 0, 1, 1, 2, 0, 1], [2, 5]);
      const out = scatterAdd(zeros([3, 5]), 0, index, fovea.ones([2, 5]));
      expect(out.toNested()).toEqual([
        [1, 0, 0, 2, 1],
        [1, 2, 0, 0, 1],
        [0, 0, 2, 0, 0],
      ]);
      expect(scatterAdd(table(), 1, int32([2, 2], [1, 2]), tensor([[10, 20]])).toNested()).toEqual([
        [1, 2, 33],
        [4, 5, 6],
      ]);
    });
  });

  test("a repeated index sums its gradients", () => {
    scope(() => {
      const x = leaf([3, 2]);
      indexSelect(x, 0, int32([1, 1, 2])).backward(
        tensor([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
      );
      expect(x.grad!.toNested()).toEqual([
        [0, 0],
        [4, 6],
        [5, 6],
      ]);
    });
  });
});

describe("topK and sort", () => {
  test("values in order, indices int32, ties by their index", () => {
    scope(() => {
      const x = tensor([
        [2, 9, 4, 9],
        [-1, -3, -0, 0],
      ]);
      const { values, indices } = topK(x, 3);
      expect(values.toNested()).toEqual([
        [9, 9, 4],
        [-0, 0, -1],
      ]);
      expect(indices.toNested()).toEqual([
        [1, 3, 2],
        [2, 3, 0],
      ]);
      expect(indices.dtype).toBe("int32");
      expect(topK(x, 1, { largest: false }).values.toNested()).toEqual([[2], [-3]]);
      expect(topK(x, 1, { axis: 0 }).indices.toNested()).toEqual([[0, 0, 0, 0]]);
    });
  });

  test("NaN is above all numbers", () => {
    scope(() => {
      const x = tensor([1, Number.NaN, Infinity, -Infinity]);
      expect(sort(x).indices.toNested()).toEqual([3, 0, 2, 1]);
      expect(sort(x, { descending: true }).indices.toNested()).toEqual([1, 2, 0, 3]);
    });
  });

  test("a sort of many is the engine's", () => {
    scope(() => {
      const x = leaf([4, 1009]);
      const { values, indices } = sort(x, { axis: 1 });
      for (let row = 0; row < 4; row += 1) {
        const part = x.toArray().subarray(row * 1009, (row + 1) * 1009) as Float32Array;
        expect(values.toArray().subarray(row * 1009, (row + 1) * 1009)).toEqual(part.slice().sort());
        const places = indices.toArray().subarray(row * 1009, (row + 1) * 1009);
        expect(new Set(places).size).toBe(1009);
        expect(part[places[17]!]).toBe(values.view()[row * 1009 + 17]);
      }
    });
  });
});

describe("by condition", () => {
  const flags = () => tensor([true, false, true]);

  test("where chooses, whatever the other is", () => {
    scope(() => {
      expect(where(flags(), tensor([1, Number.NaN, 3]), tensor([Number.NaN, 5, 6])).toNested()).toEqual([1, 5, 3]);
      expect(where(flags(), 7, tensor([[1], [2]])).toNested()).toEqual([
        [7, 1, 7],
        [7, 2, 7],
      ]);
      const x = tensor([1, 2, 3], { requiresGrad: true });
      where(flags(), x, 0).backward(tensor([5, Number.NaN, 7]));
      expect(x.grad!.toNested()).toEqual([5, 0, 7]);
    });
  });

  test("maskedFill", () => {
    scope(() => {
      expect(maskedFill(table(), flags(), -Infinity).toNested()).toEqual([
        [-Infinity, 2, -Infinity],
        [-Infinity, 5, -Infinity],
      ]);
    });
  });

  test("triangles", () => {
    scope(() => {
      expect(tril(table()).toNested()).toEqual([
        [1, 0, 0],
        [4, 5, 0],
      ]);
      expect(triu(table(), { diagonal: 1 }).toNested()).toEqual([
        [0, 2, 3],
        [0, 0, 6],
      ]);
      expect(tril(table(), { diagonal: -5 }).toNested()).toEqual([
        [0, 0, 0],
        [0, 0, 0],
      ]);
    });
  });

  test("oneHot, of each dtype", () => {
    scope(() => {
      expect(oneHot(int32([2, 0]), 3).toNested()).toEqual([
        [0, 0, 1],
        [1, 0, 0],
      ]);
      expect(oneHot(int32([1]), 2, { dtype: "bool" }).toNested()).toEqual([[false, true]]);
      expect(oneHot(int32([]), 4).shape).toEqual([0, 4]);
    });
  });
});

import { expect, it } from "vitest";
import {
  asRows,
  axisOf,
  expectAxes,
  expectDType,
  expectShape,
  formatShape,
  reshaped,
  sameShape,
  sizeOf,
} from "../../ts/tensor/shape.ts";

const float = (...shape: number[]) => ({ shape, dtype: "float32" as const });

it("multiplies sizes; a single number has the shape []", () => {
  expect([sizeOf("op", [2, 3, 5]), sizeOf("op", []), sizeOf("op", [7, 0])]).toEqual([30, 1, 0]);
});

it.each([[[2, -1]], [[1.5]], [[Number.NaN]], [["3" as unknown as number]], [[undefined as unknown as number]]])(
  "refuses %j",
  (shape) => {
    expect(() => sizeOf("zeros", shape)).toThrow(/^zeros: sizes must be whole numbers of at least 0, got .* in \[/);
  },
);

it("refuses more elements than memory has bytes, however large the product", () => {
  for (const shape of [[2 ** 32 + 1], [65_536, 65_537], [2 ** 31, 2 ** 31, 2 ** 31], [2 ** 53 - 1, 2 ** 53 - 1]]) {
    expect(() => sizeOf("zeros", shape)).toThrow(`zeros: at most 2 ** 32 elements fit in memory, got ${formatShape(shape)}`);
  }
  expect(sizeOf("zeros", [65_536, 65_536])).toBe(2 ** 32);
});

it("compares shapes axis by axis", () => {
  expect(sameShape([2, 3], [2, 3])).toBe(true);
  expect(sameShape([2, 3], [3, 2])).toBe(false);
  expect(sameShape([2], [2, 1])).toBe(false);
});

it("names the tensor whose shape is wrong, and skips those left out", () => {
  expect(() => expectShape("layerNorm", { weight: float(512), bias: null }, [512])).not.toThrow();
  expect(() => expectShape("layerNorm", { weight: float(768), bias: null }, [512])).toThrow(
    "layerNorm: weight must be [512], got [768]",
  );
});

it("names the axes a tensor should have", () => {
  expect(() => expectAxes("attention", { query: float(2, 3) }, ["batch", "queryLen", "embedDim"])).toThrow(
    "attention: query must be [batch, queryLen, embedDim], got [2, 3]",
  );
});

it("says how to make a tensor of the dtype that is wanted", () => {
  expect(() => expectDType("embedding", { ids: float(2) }, "int32")).toThrow(
    'embedding: ids must be int32, got float32 [2]; make it with tensor(data, { dtype: "int32" })',
  );
});

it("counts axes from either end", () => {
  expect([axisOf("softmax", 0, [2, 3]), axisOf("softmax", -1, [2, 3]), axisOf("softmax", -2, [2, 3])]).toEqual([0, 1, 0]);
  expect(() => axisOf("softmax", 2, [2, 3])).toThrow("softmax: axis must be from -2 to 1, got 2 for [2, 3]");
  expect(() => axisOf("softmax", 0, [])).toThrow("softmax: axis must be one of none, got 0 for []");
});

it("sees a tensor as rows of its last axis", () => {
  expect(asRows("softmax", float(2, 3, 5))).toEqual({ rows: 6, cols: 5 });
  expect(asRows("softmax", float(5))).toEqual({ rows: 1, cols: 5 });
  expect(() => asRows("softmax", float())).toThrow("softmax: x must have at least 1 axis, got []");
});

it("works out one size of a reshape", () => {
  expect(reshaped("reshape", [2, 6], [3, -1])).toEqual([3, 4]);
  expect(reshaped("reshape", [2, 6], [12])).toEqual([12]);
  expect(reshaped("reshape", [0, 6], [-1, 3])).toEqual([0, 3]);
  expect(reshaped("reshape", [1], [])).toEqual([]);
});

it.each([[[5]], [[5, -1]], [[0, -1]], [[-1, -1]], [[13]]])("refuses to make 12 elements %j", (shape) => {
  expect(() => reshaped("reshape", [2, 6], shape)).toThrow(expect.objectContaining({ code: "SHAPE" }));
});

import { afterAll, beforeAll, expect, it } from "vitest";
import { arange, full, ones, randn, tensor, uniform, zeros } from "../../ts/tensor/create.ts";
import { manualSeed } from "../../ts/tensor/rng.ts";
import { startPlainMemory, stopPlainMemory } from "../harness/plainMemory.ts";

beforeAll(() => startPlainMemory());
afterAll(stopPlainMemory);

const seen = (made: ReturnType<typeof tensor>) => ({ shape: made.shape, dtype: made.dtype, values: made.toNested() });

it("takes nested arrays in their own shape or in another", () => {
  expect(
    seen(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ),
  ).toEqual({
    shape: [2, 3],
    dtype: "float32",
    values: [
      [1, 2, 3],
      [4, 5, 6],
    ],
  });
  expect(seen(tensor([1, 2, 3, 4], [2, 2]))).toEqual({
    shape: [2, 2],
    dtype: "float32",
    values: [
      [1, 2],
      [3, 4],
    ],
  });
  expect(seen(tensor(2.5))).toEqual({ shape: [], dtype: "float32", values: 2.5 });
  expect(seen(tensor([[], []]))).toEqual({ shape: [2, 0], dtype: "float32", values: [[], []] });
});

it("takes typed arrays and copies them", () => {
  const data = new Float32Array([1, 2, 3, 4]);
  const made = tensor(data, [2, 2]);
  data.fill(9);
  expect(made.toNested()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(seen(tensor(new Int32Array([1, -2])))).toEqual({ shape: [2], dtype: "int32", values: [1, -2] });
});

it("takes the dtype from the data or from the options, without a shape in between", () => {
  expect(tensor([true, false]).dtype).toBe("bool");
  expect(tensor([true, 2]).dtype).toBe("float32");
  expect(seen(tensor([[1, 2]], { dtype: "int32" }))).toEqual({ shape: [1, 2], dtype: "int32", values: [[1, 2]] });
  expect(tensor([1, 0], { dtype: "bool" }).toNested()).toEqual([true, false]);
  expect(tensor(new Float64Array([0.1]), { dtype: "float32" }).item()).toBe(Math.fround(0.1));
  expect(tensor(new Uint8Array([1, 0]), { dtype: "bool" }).toNested()).toEqual([true, false]);
  expect(tensor([1], undefined, { requiresGrad: true }).requiresGrad).toBe(true);
});

it("keeps NaN and infinities of floats", () => {
  expect(tensor([Number.NaN, Number.NEGATIVE_INFINITY]).toNested()).toEqual([Number.NaN, Number.NEGATIVE_INFINITY]);
});

it.each([
  [[[1, 2], [3]], "tensor: rows must all be alike, but [1] has 1 elements where [2, 2] was expected; pad them to one length"],
  [[[1, 2], 3], "tensor: rows must all be alike, but [1] is not an array where [2, 2] was expected; pad them to one length"],
  [[1, [2]], "tensor: rows must all be alike, but [1] is an array where [2] was expected; pad them to one length"],
])("refuses ragged rows %j", (data, message) => {
  expect(() => tensor(data as number[])).toThrow(message);
});

const holes = [1, 2, 3];
delete holes[1];

it.each([
  ["a string", ["1"], "tensor: element 0 must be a number, got string 1"],
  ["a hole", holes, "tensor: element 1 must be a number, got nothing"],
  ["a bigint", [BigInt(1)], "tensor: element 0 must be a number, got bigint 1"],
  ["null", [null], "tensor: element 0 must be a number, got object null"],
])("refuses %s where a number should be", (_, data, message) => {
  expect(() => tensor(data as number[])).toThrow(message);
});

it("refuses values that the dtype cannot hold", () => {
  for (const value of [0.5, Number.NaN, 2 ** 31, -(2 ** 31) - 1]) {
    expect(() => tensor([0, value], { dtype: "int32" })).toThrow(
      `tensor: element 1 must be a whole number of 32 bits for int32, got ${value}`,
    );
  }
  expect(() => tensor([2], { dtype: "bool" })).toThrow("tensor: element 0 must be 0 or 1 for bool, got 2");
  expect(() => full([2], 1.5, { dtype: "int32" })).toThrow("full: value must be a whole number of 32 bits for int32, got 1.5");
});

it("asks what to make of other typed arrays", () => {
  expect(() => tensor(new Float64Array(2))).toThrow(
    'tensor: a typed array must be Float32Array or Int32Array, got Float64Array; say { dtype: "float32" } or { dtype: "int32" } to convert',
  );
  expect(() => tensor(new Uint8Array(2))).toThrow(/got Uint8Array; say \{ dtype: "bool" \} for a mask$/);
});

it("refuses a shape that does not hold the data", () => {
  expect(() => tensor([1, 2, 3], [2, 2])).toThrow("tensor: shape must hold all of the data, got 3 elements for [2, 2]");
});

it("makes gradients for floats only, and says so before it takes memory", () => {
  expect(() => tensor([1], { dtype: "int32", requiresGrad: true })).toThrow(
    expect.objectContaining({ code: "GRAD", message: "requiresGrad: only float32 tensors have gradients, got int32" }),
  );
});

it("fills", () => {
  expect(zeros([2]).toNested()).toEqual([0, 0]);
  expect(seen(ones([2], { dtype: "int32" }))).toEqual({ shape: [2], dtype: "int32", values: [1, 1] });
  expect(full([1, 2], -0.5).toNested()).toEqual([[-0.5, -0.5]]);
  expect(zeros([2], { requiresGrad: true }).requiresGrad).toBe(true);
});

it("counts", () => {
  expect(seen(arange(4))).toEqual({ shape: [4], dtype: "int32", values: [0, 1, 2, 3] });
  expect(arange(2, 5).toNested()).toEqual([2, 3, 4]);
  expect(seen(arange(1, 0, { step: -0.25 }))).toEqual({ shape: [4], dtype: "float32", values: [1, 0.75, 0.5, 0.25] });
});

it.each([
  [0, 5, -1],
  [5, 0, 1],
  [0, 5, 0],
  [0, Number.NaN, 1],
  [0, Number.POSITIVE_INFINITY, 1],
])("refuses to count from %s to %s by %s", (start, end, step) => {
  expect(() => arange(start, end, { step })).toThrow(expect.objectContaining({ code: "RANGE" }));
});

it("draws the same numbers for the same seed, of the right mean and spread", () => {
  const draw = () => {
    manualSeed(3);
    return { normal: randn([100, 100]).toArray(), even: uniform([100, 100], { low: -2, high: 4 }).toArray() };
  };
  const { normal, even } = draw();
  expect(draw()).toEqual({ normal, even });
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;
  expect(mean(normal)).toBeCloseTo(0, 1);
  expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 1);
  expect(mean(even)).toBeCloseTo(1, 1);
  expect(Math.min(...even)).toBeGreaterThanOrEqual(-2);
  expect(Math.max(...even)).toBeLessThan(4);
});

it("refuses bounds that are none", () => {
  expect(() => uniform([2], { low: 1, high: 0 })).toThrow("uniform: low must be finite and at most high, got low 1, high 0");
});

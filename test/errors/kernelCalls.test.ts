import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Buffer } from "../../ts/runtime/buffer.ts";
import { dispose, heap, init, runtime } from "../../ts/runtime/index.ts";
import * as kernels from "../../ts/runtime/kernels.gen.ts";

/** One kernel stands for all: the checks are generated from the same list. */
const sizes = { rows: 3, cols: 4, eps: 1e-5 };
let blocks: number[] = [];

function buffer(length: number, changes: Partial<Buffer> = {}): Buffer {
  const ptr = heap.allocate(length * 4 + 4);
  blocks.push(ptr);
  heap.f32(ptr, length).fill(7);
  return { ptr, length, dtype: "float32", alive: true, ...changes };
}

const whole = () => ({
  x: buffer(12),
  weight: buffer(4),
  bias: buffer(4),
  out: buffer(12),
  mean: buffer(3),
  rstd: buffer(3),
  ...sizes,
});

beforeAll(() => init());
afterAll(() => dispose());

const bad: Record<string, [changes: () => object, code: string, message: string]> = {
  "a wrong length": [() => ({ weight: buffer(768) }), "SHAPE", "layerNormForward: weight has 768 elements, expected cols = 4"],
  "a wrong product": [() => ({ x: buffer(11) }), "SHAPE", "layerNormForward: x has 11 elements, expected rows * cols = 12"],
  "a freed buffer": [
    () => ({ bias: buffer(4, { alive: false }) }),
    "DISPOSED",
    "layerNormForward: bias was disposed; keepAlive() what outlives its scope",
  ],
  "another type": [() => ({ mean: buffer(3, { dtype: "int32" }) }), "DTYPE", "layerNormForward: mean must be float32, got int32"],
  "a negative size": [() => ({ rows: -3 }), "RANGE", "layerNormForward: rows must be a whole number of at least 0, got -3"],
  "half a size": [() => ({ cols: 0.5 }), "RANGE", "layerNormForward: cols must be a whole number of at least 0, got 0.5"],
  "an address between floats": [
    () => ({ out: { ...buffer(12), ptr: buffer(12).ptr + 2 } }),
    "RANGE",
    "layerNormForward: out must start at a multiple of 4 bytes, got ",
  ],
};

describe("a kernel call throws before the kernel starts", () => {
  test.each(Object.entries(bad))("%s", (_, [changes, code, message]) => {
    const args = { ...whole(), ...changes() };
    const used = runtime.memory.used;
    expect(() => kernels.layerNormForward(args)).toThrow(expect.objectContaining({ name: "FoveaError", code }));
    expect(() => kernels.layerNormForward(args)).toThrow(message);
    expect(runtime.memory.used).toBe(used);
    for (const out of [args.mean, args.rstd])
      expect([...heap.f32(out.ptr, out.length)], "nothing was written").toEqual([7, 7, 7]);
    free();
  });

  test("a result that overlaps an input, even by one element", () => {
    const args = whole();
    const overlapping = { ...args, out: { ...args.out, ptr: args.x.ptr + 44 } };
    expect(() => kernels.layerNormForward(overlapping)).toThrow(
      expect.objectContaining({
        code: "ALIAS",
        message: "layerNormForward: out is written and must not share memory with x; pass a buffer of its own",
      }),
    );
    expect(() => kernels.layerNormForward({ ...args, weight: args.bias }), "inputs may be the same").not.toThrow();
    free();
  });

  test("the same kernel runs when all is well", () => {
    const args = whole();
    kernels.layerNormForward(args);
    expect([...heap.f32(args.out.ptr, 12)]).toEqual(Array(12).fill(7)); // a constant row is the bias
    free();
  });
});

function free(): void {
  for (const block of blocks) heap.free(block);
  blocks = [];
}

import { afterEach, expect, it, vi } from "vitest";
import { reserve } from "../../ts/runtime/memory.ts";

const GIB = 2 ** 30;

afterEach(() => {
  vi.unstubAllGlobals();
});

/** An engine that reserves no more than `most` bytes, as phones do. */
function grantOnly(most: number): number[] {
  const asked: number[] = [];
  const { Memory } = WebAssembly;
  class Sparing extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      asked.push(descriptor.maximum! * 65_536);
      if (descriptor.maximum! * 65_536 > most) throw new RangeError("could not allocate memory");
      super(descriptor);
    }
  }
  vi.stubGlobal("WebAssembly", { Memory: Sparing });
  return asked;
}

it.each([true, false])("reserves 4 GiB in Node, shared: %s", (shared) => {
  const { memory, limit } = reserve(shared);
  expect(limit).toBe(4 * GIB);
  expect(memory.buffer instanceof SharedArrayBuffer).toBe(shared);
});

it("halves what it asks for until the engine grants it", () => {
  const asked = grantOnly(GIB);
  expect(reserve(true).limit).toBe(GIB);
  expect(asked).toEqual([4 * GIB, 2 * GIB, GIB]);
});

it("gives up with a typed error where nothing useful is granted", () => {
  grantOnly(1 << 20);
  expect(() => reserve(true)).toThrow(expect.objectContaining({ code: "OUT_OF_MEMORY" }));
});

it("keeps to the limit it is given", () => {
  expect(reserve(false, 8 << 20).limit).toBe(8 << 20);
});

it.each([0, 1, -5, Number.NaN, 2 ** 33])("refuses a limit of %s bytes", (bytes) => {
  expect(() => reserve(false, bytes)).toThrow(`init: memoryLimit must be from 2 ** 21 to 2 ** 32 bytes, got ${bytes}`);
});

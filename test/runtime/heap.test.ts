import { beforeEach, expect, it } from "vitest";
import { FoveaError } from "../../ts/runtime/errors.ts";
import { Heap } from "../../ts/runtime/heap.ts";

const PAGE = 65_536;
const MIB = 1 << 20;

let memory: WebAssembly.Memory;
let heap: Heap;

function open(maximumPages: number, shared = false): void {
  memory = new WebAssembly.Memory({ initial: 2, maximum: maximumPages, shared });
  heap = new Heap();
  heap.open(memory, maximumPages * PAGE);
}

beforeEach(() => open(1024));

it("gives aligned addresses above what was there before, also for no bytes at all", () => {
  for (const bytes of [0, 1, 63, 64, 65, 4096, 100_000]) {
    const ptr = heap.allocate(bytes);
    expect(ptr % 64).toBe(0);
    expect(ptr).toBeGreaterThanOrEqual(2 * PAGE);
    heap.u8(ptr, bytes).fill(1);
  }
});

it("uses freed memory again: a thousand steps of the same sizes do not grow it", () => {
  const step = (): void => {
    const sizes = [100, 4096, 70_000, 1_000_000, 12, 64, 300_000];
    const ptrs = sizes.map((bytes) => heap.allocate(bytes));
    for (const ptr of ptrs.reverse()) heap.free(ptr);
  };
  step();
  const { size, peak } = heap;
  for (let i = 0; i < 1000; i += 1) step();
  expect(heap.size).toBe(size);
  expect(heap.peak).toBe(peak);
  expect(heap.used).toBe(0);
});

it("makes one block of neighbours that are free", () => {
  const ptrs = Array.from({ length: 8 }, () => heap.allocate(100_000));
  const { size } = heap;
  for (const i of [1, 3, 5, 7, 0, 2, 4, 6]) heap.free(ptrs[i]!);
  heap.allocate(700_000);
  expect(heap.size).toBe(size);
});

it("counts what is in use and the most there has been", () => {
  const a = heap.allocate(64 * 10);
  const b = heap.allocate(64 * 20);
  expect(heap.used).toBe(64 * 30);
  heap.free(b);
  heap.free(a);
  expect([heap.used, heap.peak]).toEqual([0, 64 * 30]);
  heap.allocate(64);
  heap.resetPeak();
  expect(heap.peak).toBe(64);
});

it("extends a free stretch at the end rather than starting after it", () => {
  open(2 + 40);
  const first = heap.allocate(20 * PAGE);
  heap.free(first);
  expect(heap.size).toBe((2 + 20) * PAGE);
  expect(heap.allocate(36 * PAGE)).toBe(first);
});

it("refuses what does not fit, says how much there is, and goes on as if nothing had been asked", () => {
  open(2 + 16);
  const before = heap.allocate(PAGE);
  const { size, used } = heap;
  let error: unknown;
  try {
    heap.allocate(20 * PAGE);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(FoveaError);
  expect(error).toMatchObject({
    code: "OUT_OF_MEMORY",
    message:
      "allocate: memory is full, 1,310,720 bytes asked for, 65,536 in use, the limit is 1,179,648; free tensors with scope() or use smaller batches",
  });
  expect([heap.size, heap.used]).toEqual([size, used]);
  heap.free(before);
  expect(heap.allocate(12 * PAGE)).toBeGreaterThan(0);
});

it("refuses when the engine grows no further although the limit would allow it", () => {
  memory = new WebAssembly.Memory({ initial: 2, maximum: 6 });
  heap.open(memory, 1024 * PAGE);
  expect(() => heap.allocate(5 * PAGE)).toThrow(expect.objectContaining({ code: "OUT_OF_MEMORY" }));
  expect(heap.allocate(4 * PAGE)).toBe(2 * PAGE);
});

it("refuses sizes that are not whole numbers of bytes, and products that have passed 2 ** 53", () => {
  for (const bytes of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 2 ** 60]) {
    expect(() => heap.allocate(bytes)).toThrow(expect.objectContaining({ code: "RANGE" }));
  }
  for (const bytes of [2 ** 32, 2 ** 32 + 64, 2 ** 52]) {
    expect(() => heap.allocate(bytes)).toThrow(expect.objectContaining({ code: "OUT_OF_MEMORY" }));
  }
  expect(heap.used).toBe(0);
});

it("refuses to free an address twice or one it did not give", () => {
  const ptr = heap.allocate(64);
  heap.free(ptr);
  expect(() => heap.free(ptr)).toThrow(expect.objectContaining({ code: "STATE" }));
  expect(() => heap.free(ptr + 64)).toThrow(expect.objectContaining({ code: "STATE" }));
});

it.each([false, true])("shows memory that has grown, shared: %s", (shared) => {
  open(1024, shared);
  const small = heap.allocate(64);
  heap.f32(small, 1)[0] = 7;
  const stale = heap.f32(small, 1).buffer;
  const large = heap.allocate(20 * MIB);
  expect(memory.buffer).not.toBe(stale);
  heap.f32(large, (20 * MIB) / 4).fill(3);
  expect(heap.f32(small, 1)[0]).toBe(7);
});

it("keeps out of stretches that others got by growing the memory", () => {
  const ours = heap.allocate(PAGE);
  while (heap.size < 40 * PAGE) heap.allocate(PAGE);
  const theirs = memory.grow(3) * PAGE;
  heap.u8(theirs, 3 * PAGE).fill(9);
  for (let i = 0; i < 100; i += 1) heap.u8(heap.allocate(PAGE), PAGE).fill(1);
  expect(heap.u8(theirs, 3 * PAGE).every((byte) => byte === 9)).toBe(true);
  heap.free(ours);
});

it("reaches past 2 GiB, where addresses no longer fit a signed number", () => {
  open(65_536);
  heap.allocate(2253 * MIB); // never touched, so only address space
  const ptr = heap.allocate(4096);
  expect(ptr).toBeGreaterThan(2 ** 31);
  const signed = ptr | 0; // as it comes back from wasm
  expect(signed).toBeLessThan(0);
  heap.f32(signed, 1024).fill(5);
  heap.i32(signed, 1024)[1022] = 6;
  heap.u8(signed, 4096)[4095] = 7;
  expect([heap.f32(ptr, 1)[0], heap.i32(ptr, 1024)[1022], heap.u8(ptr, 4096)[4095]]).toEqual([5, 6, 7]);
  heap.free(signed);
});

it("has no memory before open and after close", () => {
  const closed = new Heap();
  expect(() => closed.allocate(1)).toThrow(expect.objectContaining({ code: "STATE" }));
  const { epoch } = heap;
  heap.allocate(64);
  heap.close();
  expect([heap.used, heap.peak, heap.limit, heap.size]).toEqual([0, 0, 0, 0]);
  expect(heap.epoch).toBeGreaterThan(epoch);
  expect(() => heap.f32(0, 1)).toThrow(expect.objectContaining({ code: "STATE" }));
});

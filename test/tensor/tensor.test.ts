import { afterAll, beforeAll, expect, it } from "vitest";
import { heap } from "../../ts/runtime/heap.ts";
import { arange, tensor, zeros } from "../../ts/tensor/create.ts";
import { empty, rebind, rebindGrad, slice } from "../../ts/tensor/tensor.ts";
import { startPlainMemory, stopPlainMemory } from "../harness/plainMemory.ts";

beforeAll(() => startPlainMemory());
afterAll(stopPlainMemory);

it("lends a view that is the memory itself, and copies on request", () => {
  const made = tensor([1, 2, 3]);
  const copy = made.toArray();
  made.view()[0] = 9;
  expect(made.toNested()).toEqual([9, 2, 3]);
  expect([...copy]).toEqual([1, 2, 3]);
  expect(made.view()).toBeInstanceOf(Float32Array);
  expect(arange(2).view()).toBeInstanceOf(Int32Array);
  expect(tensor([true]).view()).toBeInstanceOf(Uint8Array);
});

it("has an up-to-date view after memory has grown", () => {
  const made = tensor([1, 2, 3]);
  const before = made.view();
  zeros([4 << 20]).dispose();
  expect(before.length).toBe(0);
  expect([...made.view()]).toEqual([1, 2, 3]);
});

it("gives one number", () => {
  expect([tensor(4).item(), tensor([[5]]).item()]).toEqual([4, 5]);
  expect(() => tensor([1, 2]).item()).toThrow("item: must have one element, got [2]; use toArray()");
});

it("shares its memory with a reshape, which outlives it", () => {
  const { used } = heap;
  const made = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const view = made.reshape([-1, 2]);
  expect(view.ptr).toBe(made.ptr);
  made.dispose();
  expect(view.toNested()).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  view.dispose();
  expect(heap.used).toBe(used);
});

it("shows a part of a tensor, and refuses parts that reach past it", () => {
  const made = tensor([1, 2, 3, 4, 5, 6]);
  const part = slice(made, 2, [2, 2]);
  expect(part.toNested()).toEqual([
    [3, 4],
    [5, 6],
  ]);
  expect(() => slice(made, 3, [2, 2])).toThrow("slice: elements 3 to 7 must be within [6]");
  expect(() => slice(made, -1, [1])).toThrow(expect.objectContaining({ code: "RANGE" }));
});

it("lets no one change its shape", () => {
  const shape = [2, 2];
  const made = zeros(shape);
  shape[0] = 7;
  expect(made.shape).toEqual([2, 2]);
  expect(() => {
    (made.shape as number[])[0] = 7;
  }).toThrow(TypeError);
});

it("is freed by dispose, once; using declarations work", () => {
  const { used } = heap;
  const made = zeros([1000]);
  expect(heap.used).toBeGreaterThanOrEqual(used + 4000);
  made.dispose();
  made.dispose();
  made[Symbol.dispose]();
  expect(heap.used).toBe(used);
  expect(made.alive).toBe(false);
});

it.each([
  ["view", (t: ReturnType<typeof zeros>) => t.view()],
  ["toArray", (t: ReturnType<typeof zeros>) => t.toArray()],
  ["toNested", (t: ReturnType<typeof zeros>) => t.toNested()],
  ["item", (t: ReturnType<typeof zeros>) => t.item()],
  ["reshape", (t: ReturnType<typeof zeros>) => t.reshape([6])],
  ["detach", (t: ReturnType<typeof zeros>) => t.detach()],
  ["backward", (t: ReturnType<typeof zeros>) => t.backward()],
  ["slice", (t: ReturnType<typeof zeros>) => slice(t, 0, [1])],
])("refuses %s after dispose, saying which tensor it was", (name, use) => {
  const made = zeros([2, 3]);
  made.dispose();
  expect(() => use(made)).toThrow(
    expect.objectContaining({ code: "DISPOSED", message: `${name}: tensor float32 [2, 3] was freed by dispose()` }),
  );
});

it("is gone with the memory", () => {
  const made = zeros([2]);
  startPlainMemory();
  const later = zeros([2]);
  expect(made.alive).toBe(false);
  expect(() => made.view()).toThrow("view: tensor float32 [2] went with the memory when the runtime was disposed");
  made.dispose();
  expect(later.alive).toBe(true);
});

it("moves into a flat vector with its values", () => {
  const { used } = heap;
  const [a, b] = [tensor([1, 2]), tensor([[3], [4]])];
  const flat = zeros([4]);
  rebind(a, flat, 0);
  rebind(b, flat, 2);
  expect(flat.toNested()).toEqual([1, 2, 3, 4]);
  flat.view()[2] = 7;
  expect(b.toNested()).toEqual([[7], [4]]);
  expect(() => rebind(a, flat, 3)).toThrow(expect.objectContaining({ code: "RANGE" }));
  expect(() => rebind(arange(2), flat, 0)).toThrow(expect.objectContaining({ code: "DTYPE" }));
  flat.dispose();
  expect(b.toNested()).toEqual([[7], [4]]);
  b.dispose();
  a.dispose();
  expect(heap.used).toBeLessThanOrEqual(used + 64);
});

it("moves its gradient into a flat vector, unwritten", () => {
  const leaf = tensor([1, 2], { requiresGrad: true });
  const flat = zeros([3]);
  rebindGrad(leaf, flat, 1);
  expect(leaf.grad).toBeNull();
  expect(leaf.gradSlot?.ptr).toBe(flat.ptr + 4);
});

it("requires a gradient only where it can have one", () => {
  const ids = empty([2], "int32");
  expect(() => {
    ids.requiresGrad = true;
  }).toThrow("requiresGrad: only float32 tensors have gradients, got int32 [2]");
  const leaf = zeros([2, 3]);
  const view = leaf.reshape([6]);
  leaf.requiresGrad = true;
  expect(view.requiresGrad).toBe(true);
  expect(() => {
    view.requiresGrad = false;
  }).toThrow("requiresGrad: can only be set on a leaf, got the result of an op [6]; detach() it first");
  expect(leaf.detach().requiresGrad).toBe(false);
});

it("says what it is", () => {
  expect(String(zeros([2, 3]))).toBe("Tensor(float32 [2, 3])");
});

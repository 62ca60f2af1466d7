import { beforeEach, expect, it } from "vitest";
import { heap } from "../../ts/runtime/heap.ts";
import { zeros } from "../../ts/tensor/create.ts";
import { keepAlive, scope } from "../../ts/tensor/scope.ts";
import { startPlainMemory } from "../harness/plainMemory.ts";

beforeEach(() => startPlainMemory());

it("frees what was made in it", () => {
  const made = scope(() => {
    const inside = zeros([2, 3]);
    return () => inside; // a function is not looked into
  })();
  expect(heap.used).toBe(0);
  expect(() => made.view()).toThrow(
    "view: tensor float32 [2, 3] was freed when its scope ended; return it from the scope or keepAlive() it",
  );
});

it("leaves alone what was made before it", () => {
  const outside = zeros([2]);
  scope(() => zeros([3]).reshape([3, 1]) && undefined);
  expect(outside.alive).toBe(true);
});

it("hands out what it returns, in arrays and objects at any depth", () => {
  const result = scope(() => {
    zeros([100]);
    const one = zeros([1]);
    return { one, again: one, list: [zeros([2]), { deep: [zeros([3])] }], text: "x", nothing: null };
  });
  expect(result.one.alive).toBe(true);
  expect((result.list[0] as typeof result.one).alive).toBe(true);
  expect((result.list[1] as { deep: (typeof result.one)[] }).deep[0]!.alive).toBe(true);
  expect(heap.used).toBe(3 * 64);
});

it("survives results that contain themselves", () => {
  const result = scope(() => {
    const loop: unknown[] = [zeros([1])];
    loop.push(loop);
    return loop;
  });
  expect((result[0] as ReturnType<typeof zeros>).alive).toBe(true);
});

it("gives what an inner scope returns to the scope around it", () => {
  let inner: ReturnType<typeof zeros> | undefined;
  scope(() => {
    inner = scope(() => zeros([2]));
    expect(inner.alive).toBe(true);
  });
  expect(inner?.alive).toBe(false);
  expect(heap.used).toBe(0);
});

it("lets kept tensors outlive all scopes around", () => {
  const kept: ReturnType<typeof zeros>[] = [];
  scope(() => {
    const outer = zeros([3]);
    scope(() => {
      kept.push(keepAlive(zeros([1])), ...keepAlive([zeros([2]), outer]));
    });
  });
  expect(kept.map((tensor) => tensor.alive)).toEqual([true, true, true]);
  for (const tensor of kept) tensor.dispose();
  expect(heap.used).toBe(0);
});

it("keeps outside of any scope without doing anything", () => {
  expect(keepAlive(zeros([1])).alive).toBe(true);
});

it("frees everything if the function throws", () => {
  expect(() =>
    scope(() => {
      keepAlive(zeros([1])).dispose();
      zeros([2]);
      throw new Error("of the function");
    }),
  ).toThrow("of the function");
  expect(heap.used).toBe(0);
  zeros([1]).dispose();
  expect(heap.used).toBe(0); // the scope is no longer the current one
});

it("refuses a function that returns a promise, and frees what it made", async () => {
  expect(() => scope(async () => zeros([2]))).toThrow(
    expect.objectContaining({
      code: "STATE",
      message: "scope: the function must finish before it returns, got a promise; await outside of scope",
    }),
  );
  expect(heap.used).toBe(0);
  expect(() => scope(() => Promise.reject(new Error("heard of by nobody")))).toThrow("got a promise");
});

it("does not mind what was disposed of meanwhile", () => {
  scope(() => {
    zeros([2]).dispose();
    const view = zeros([3]).reshape([3, 1]);
    view.dispose();
  });
  expect(heap.used).toBe(0);
});

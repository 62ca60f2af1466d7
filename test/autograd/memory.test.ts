import { afterEach, beforeEach, expect, it } from "vitest";
import { record, recordMany } from "../../ts/autograd/tape.ts";
import { heap } from "../../ts/runtime/heap.ts";
import { tensor, zeros } from "../../ts/tensor/create.ts";
import { scope } from "../../ts/tensor/scope.ts";
import { empty, type Tensor } from "../../ts/tensor/tensor.ts";
import { startPlainMemory, stopPlainMemory } from "../harness/plainMemory.ts";
import { add, fill, identity, multiply, square, total } from "./plainOps.ts";

beforeEach(() => startPlainMemory());
afterEach(stopPlainMemory);

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });

it("reads what was saved although its owner has freed it", () => {
  const x = leaf([1, 2]);
  const loss = scope(() => total(square(square(x)))); // the inner square is freed with the scope
  const y = tensor([3, 4]);
  const product = multiply(x, y);
  y.dispose();
  expect(() => y.view()).toThrow(expect.objectContaining({ code: "DISPOSED" }));
  loss.backward();
  total(product).backward();
  expect(x.grad?.toNested()).toEqual([4 + 3, 32 + 4]);
  expect(() => y.view()).toThrow(expect.objectContaining({ code: "DISPOSED" }));
});

it("frees what was saved once it has been used", () => {
  const x = leaf([1, 2]);
  const loss = scope(() => total(square(square(x))));
  const { used } = heap;
  loss.backward();
  expect(heap.used).toBe(used - 64 + 64); // the inner square has gone, the gradient has come
});

it("frees a graph that is dropped without a backward", () => {
  const x = leaf([1, 2]);
  const { used } = heap;
  scope(() => {
    total(square(square(x)));
  });
  expect(heap.used).toBe(used);
  const kept = scope(() => square(square(x)));
  expect(heap.used).toBe(used + 2 * 64); // the inner square is saved
  kept.dispose();
  expect(heap.used).toBe(used);
});

it("saves nothing if no input requires a gradient", () => {
  const x = tensor([1, 2]);
  const { used } = heap;
  const y = scope(() => square(square(x)));
  expect(y.requiresGrad).toBe(false);
  expect(heap.used).toBe(used + 64);
});

it("frees gradients on their way as soon as they are used: the peak does not grow with the depth", () => {
  const peakOf = (depth: number): number => {
    const x = zeros([1024], { requiresGrad: true });
    return scope(() => {
      let y = x;
      for (let i = 0; i < depth; i += 1) y = identity(y, (dOut, grads) => [fill(grads.empty(0), [dOut], (d) => 2 * d)]);
      const loss = total(y);
      heap.resetPeak();
      const { used } = heap;
      loss.backward();
      return heap.peak - used;
    });
  };
  expect(peakOf(40)).toBe(peakOf(10));
});

it("frees what a backward makes and does not give", () => {
  const x = leaf([1]);
  const loss = total(
    identity(x, (dOut, grads) => {
      zeros([1000]);
      return [fill(grads.empty(0), [dOut], (d) => d)];
    }),
  );
  const { used } = heap;
  loss.backward();
  expect(heap.used).toBe(used + 64);
});

it("frees everything on its way if a backward throws", () => {
  const x = leaf([1, 2]);
  const { used } = heap;
  scope(() => {
    const broken = identity(x, () => {
      throw new Error("of the op");
    });
    const loss = total(add(square(broken), broken));
    expect(() => loss.backward()).toThrow("of the op");
  });
  expect(heap.used).toBe(used);
});

it("frees a leaf's gradient with the leaf", () => {
  const { used } = heap;
  const x = leaf([1, 2]);
  scope(() => total(square(x)).backward());
  x.dispose();
  expect(heap.used).toBe(used);
});

it("keeps a node alive for each of its outputs", () => {
  const { used } = heap;
  const x = leaf([3]);
  const [a, b, saved] = [empty([1]), empty([1]), tensor([5])];
  recordMany([a, b], [x], [saved], ([dA, dB], grads) => [
    fill(grads.empty(0), [saved], (s) => s * ((dA?.item() ?? 0) + 10 * (dB?.item() ?? 0))),
  ]);
  saved.dispose();
  a.dispose();
  const loss = total(b);
  b.dispose();
  loss.backward();
  expect(x.grad?.toNested()).toEqual([50]);
  loss.dispose();
  x.dispose();
  expect(heap.used).toBe(used);
});

it("keeps a node alive for each reshape of its output", () => {
  const x = leaf([3]);
  const y = square(x);
  const view = y.reshape([1, 1]);
  view.dispose();
  const other = y.reshape([1, 1, 1]);
  y.dispose();
  other.backward();
  expect(x.grad?.toNested()).toEqual([6]);
});

it("is constant over a thousand steps", () => {
  const w = leaf([1, 2, 3]);
  const step = (): void => {
    w.zeroGrad();
    scope(() => total(multiply(square(w), add(w, w))).backward());
  };
  step();
  const { used, size } = heap;
  for (let i = 0; i < 1000; i += 1) step();
  expect([heap.used, heap.size]).toEqual([used, size]);
});

it("does not run a backward whose output was not used", () => {
  const x = leaf([1]);
  const out = record(empty([1]), [x], [], () => {
    throw new Error("must not run");
  });
  total(square(x)).backward();
  out.dispose();
  expect(x.grad?.toNested()).toEqual([2]);
});

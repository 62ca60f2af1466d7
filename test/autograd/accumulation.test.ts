import { afterEach, beforeEach, expect, it } from "vitest";
import { heap } from "../../ts/runtime/heap.ts";
import { tensor } from "../../ts/tensor/create.ts";
import { scope } from "../../ts/tensor/scope.ts";
import { slice, type Tensor } from "../../ts/tensor/tensor.ts";
import { startPlainMemory, stopPlainMemory } from "../harness/plainMemory.ts";
import { add, identity, multiply, square, total } from "./plainOps.ts";

beforeEach(() => startPlainMemory());
afterEach(stopPlainMemory);

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });
const grad = (x: Tensor) => x.grad?.toNested() ?? null;

it("follows a chain", () => {
  const x = leaf([1, 2, 3]);
  total(square(square(x))).backward(); // d x⁴ = 4 x³
  expect(grad(x)).toEqual([4, 32, 108]);
});

it("adds where a tensor is used twice", () => {
  const x = leaf([3, -1]);
  const y = square(x);
  total(multiply(y, y)).backward();
  expect(grad(x)).toEqual([4 * 27, -4]);
});

it("adds up the two ways through a diamond before it goes on", () => {
  const x = leaf([2, 5]);
  let visits = 0;
  const shared = identity(x, (dOut) => {
    visits += 1;
    return [dOut];
  });
  total(add(square(shared), multiply(shared, tensor([10, 10])))).backward();
  expect(grad(x)).toEqual([2 * 2 + 10, 2 * 5 + 10]);
  expect(visits).toBe(1);
});

it("adds at a leaf that is both inputs of one op", () => {
  const x = leaf([2, 3]);
  total(multiply(x, x)).backward();
  expect(grad(x)).toEqual([4, 6]);
});

it("does not let two inputs that were given the same gradient spoil each other's", () => {
  const [x, y] = [leaf([1, 2]), leaf([3, 4])];
  const [a, b] = [square(x), square(y)];
  total(add(multiply(add(a, b), tensor([2, 2])), a)).backward(); // 3 x² + 2 y²
  expect([grad(x), grad(y)]).toEqual([
    [6, 12],
    [12, 16],
  ]); // as rows
});

it("does not add to a gradient that another input shares", () => {
  const [x, y] = [leaf([1, 2]), leaf([3, 4])];
  const [a, b] = [square(x), square(y)];
  const later = multiply(a, tensor([2, 2]));
  total(add(add(a, b), later)).backward(); // 3 x² + y²
  expect([grad(x), grad(y)]).toEqual([
    [6, 12],
    [6, 8],
  ]);
});

it("adds a shared gradient to itself", () => {
  const x = leaf([1, 2]);
  const a = square(x);
  total(add(a, a)).backward();
  expect(grad(x)).toEqual([4, 8]);
});

it("takes parts of one buffer as gradients", () => {
  const [x, y] = [leaf([1]), leaf([2])];
  const [a, b] = [square(x), square(y)];
  const out = add(a, b);
  const packed = tensor([10, 20]);
  const node = identity(out, () => [slice(packed, 1, [1])]);
  total(add(node, a)).backward();
  expect([grad(x), grad(y)]).toEqual([[2 * 21], [4 * 20]]);
  expect(packed.toNested()).toEqual([10, 20]);
});

it("sums over several calls until zeroGrad", () => {
  const x = leaf([1, 2]);
  total(square(x)).backward();
  total(square(x)).backward();
  expect(grad(x)).toEqual([4, 8]);
  x.zeroGrad();
  expect(grad(x)).toBeNull();
  total(square(x)).backward();
  expect(grad(x)).toEqual([2, 4]);
});

it("starts from the seed, which it leaves alone", () => {
  const x = leaf([1, 2, 3]);
  const seed = tensor([1, 0, -1]);
  add(square(x), x).backward(seed);
  expect(grad(x)).toEqual([3, 0, -7]);
  expect(seed.toNested()).toEqual([1, 0, -1]);
});

it("passes through reshapes, of leaves and of results", () => {
  const x = leaf([1, 2, 3, 4, 5, 6]);
  const rows = square(x.reshape([2, 3]));
  total(add(rows.reshape([6]), x).reshape([3, 2])).backward();
  expect(grad(x)).toEqual([3, 5, 7, 9, 11, 13]);
  expect(x.grad?.shape).toEqual([6]);
});

it("stops at what requires no gradient, and at detach", () => {
  const [x, y] = [leaf([2]), tensor([3])];
  const z = multiply(square(x).detach(), y);
  expect(z.requiresGrad).toBe(false);
  total(multiply(x, y)).backward();
  expect([grad(x), grad(y)]).toEqual([[3], null]);
});

it("goes through ten thousand ops one after the other, and frees as many", () => {
  const x = leaf([1]);
  const { used } = heap;
  scope(() => {
    let y = x;
    for (let i = 0; i < 10_000; i += 1) y = add(y, x);
    total(y).backward();
  });
  expect(grad(x)).toEqual([10_001]);
  scope(() => {
    let y = x;
    for (let i = 0; i < 10_000; i += 1) y = square(y);
  });
  expect(heap.used).toBe(used + 64); // the gradient
});

import { afterEach, beforeEach, expect, it } from "vitest";
import { record } from "../../ts/autograd/tape.ts";
import { tensor, zeros } from "../../ts/tensor/create.ts";
import { scope } from "../../ts/tensor/scope.ts";
import { empty, rebindGrad, type Tensor } from "../../ts/tensor/tensor.ts";
import { startPlainMemory, stopPlainMemory } from "../harness/plainMemory.ts";
import { add, fill, multiply, square, total } from "./plainOps.ts";

beforeEach(() => startPlainMemory());
afterEach(stopPlainMemory);

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });

/** `square`, noting where it was told to write. */
function watched(x: Tensor, places: number[]): Tensor {
  return record(empty(x.shape), [x], [x], (dOut, grads) => {
    const dX = grads.empty(0);
    places.push(dX.ptr);
    return [fill(dX, [dOut, x], (d, value) => 2 * d * value)];
  });
}

it("lets an op write straight into the flat vector, the first of each step", () => {
  const x = leaf([1, 2]);
  const flat = zeros([3]);
  rebindGrad(x, flat, 1);
  for (let step = 0; step < 3; step += 1) {
    const places: number[] = [];
    x.zeroGrad();
    scope(() => total(add(watched(x, places), watched(x, places))).backward());
    expect(places[0]).toBe(flat.ptr + 4);
    expect(places[1]).not.toBe(flat.ptr + 4);
    expect(flat.toNested()).toEqual([0, 4, 8]);
    expect(x.grad?.ptr).toBe(flat.ptr + 4);
  }
});

it("copies into the flat vector what an op wrote elsewhere", () => {
  const x = leaf([1, 2]);
  const flat = zeros([2]);
  rebindGrad(x, flat, 0);
  add(x, tensor([0, 0])).backward(tensor([5, 6]));
  expect(flat.toNested()).toEqual([5, 6]);
  expect(x.grad?.ptr).toBe(flat.ptr);
});

it("offers the place once per op, whichever input asks first", () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const w = leaf([3]);
    const out = record(empty([1]), [w, w], [], (dOut, grads) => {
      const places: (Tensor | null)[] = [null, null];
      for (const i of order) places[i] = fill(grads.empty(i), [dOut], (d) => d * (i + 1));
      return places;
    });
    total(out).backward();
    expect(w.grad?.toNested()).toEqual([3]);
  }
});

it("takes back a place that was asked for and not used", () => {
  const w = leaf([3]);
  const out = record(empty([1]), [w], [], (_, grads) => {
    grads.empty(0).view().fill(99);
    return [null];
  });
  total(add(out, square(w))).backward();
  expect(w.grad?.toNested()).toEqual([6]);
});

it("offers the place in the shape of the input, if that is a reshape of the leaf", () => {
  const w = leaf([1, 2, 3, 4]);
  const seen: (readonly number[])[] = [];
  const view = w.reshape([2, 2]);
  const out = record(empty([2, 2]), [view], [], (dOut, grads) => {
    const dX = grads.empty(0);
    seen.push(dX.shape);
    return [fill(dX, [dOut], (d) => d)];
  });
  total(out).backward();
  expect(seen).toEqual([[2, 2]]);
  expect(w.grad?.toNested()).toEqual([1, 1, 1, 1]);
});

it("keeps gradients that were made inside a scope for leaves from outside", () => {
  const x = leaf([2]);
  scope(() => total(square(x)).backward());
  expect(x.grad?.toNested()).toEqual([4]);
});

it("says which gradients are wanted", () => {
  const [x, y, frozen] = [leaf([1]), tensor([1]), leaf([1])];
  const wants: boolean[] = [];
  const out = record(empty([1]), [x, y, null, frozen], [], (_, grads) => {
    wants.push(...[0, 1, 2, 3].map((i) => grads.wants(i)));
    return [null, null, null, null];
  });
  frozen.requiresGrad = false;
  total(out).backward();
  expect(wants).toEqual([true, false, false, false]);
});

it("leaves the other leaves alone when one has been disposed of", () => {
  const [x, y] = [leaf([2]), leaf([3])];
  const loss = total(multiply(x, y));
  y.dispose();
  loss.backward();
  expect(x.grad?.toNested()).toEqual([3]);
});

import { afterEach, beforeEach, expect, it } from "vitest";
import { gradCheck } from "../../ts/autograd/gradCheck.ts";
import { record } from "../../ts/autograd/tape.ts";
import { heap } from "../../ts/runtime/heap.ts";
import { randn, tensor, uniform } from "../../ts/tensor/create.ts";
import { manualSeed } from "../../ts/tensor/rng.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { startPlainMemory, stopPlainMemory } from "../harness/plainMemory.ts";
import { add, elementwise, fill, multiply, square, total } from "./plainOps.ts";

beforeEach(() => {
  startPlainMemory();
  manualSeed(1);
});
afterEach(stopPlainMemory);

/** `sin x`, its gradient times `1 + mistake`. */
const sine = (x: Tensor, mistake = 0): Tensor =>
  record(elementwise([x], Math.sin), [x], [x], (dOut, grads) => [
    fill(grads.empty(0), [dOut, x], (d, value) => d * Math.cos(value) * (1 + mistake)),
  ]);

it("agrees with gradients that are right, and reports the worst it saw", () => {
  const [x, y] = [randn([5, 7], { requiresGrad: true }), uniform([5, 7], { low: 1, high: 2, requiresGrad: true })];
  const report = gradCheck((a, b) => multiply(sine(a), square(add(a, b))), [x, y]);
  expect(report.error).toBeLessThan(0.3);
  expect(report.compared).toBe(2 * (35 + 1));
});

it("finds a gradient that is wrong by one percent, and says where", () => {
  const x = randn([4, 3], { requiresGrad: true });
  expect(() => gradCheck((a) => sine(a, 0.01), [x])).toThrow(
    expect.objectContaining({
      code: "GRAD",
      message: expect.stringMatching(
        /^gradCheck: gradients must agree with differences, got input 0 \[4, 3\], element \d+: backward gives/,
      ),
    }),
  );
});

it("finds a single wrong element among many, by its direction if not by itself", () => {
  const x = randn([2000], { requiresGrad: true });
  const wrong = (a: Tensor): Tensor =>
    record(elementwise([a], Math.sin), [a], [a], (dOut, grads) => {
      const dX = fill(grads.empty(0), [dOut, a], (d, value) => d * Math.cos(value));
      dX.view()[1234]! += 5;
      return [dX];
    });
  expect(() => gradCheck(wrong, [x], { elements: 4 })).toThrow("along a direction");
});

it("finds a gradient that is missing or not a number", () => {
  const x = randn([3], { requiresGrad: true });
  const missing = (a: Tensor): Tensor => record(elementwise([a], Math.sin), [a], [], () => [null]);
  expect(() => gradCheck(missing, [x])).toThrow("backward gives 0, differences");
  expect(() => gradCheck((a) => sine(a, Number.NaN), [x])).toThrow("backward gives NaN");
});

it("puts the values back, uses up the gradients and frees what it made", () => {
  const x = randn([3], { requiresGrad: true });
  const before = x.toArray();
  gradCheck((a) => total(square(a)), [x]);
  const { used } = heap;
  gradCheck((a) => total(square(a)), [x]);
  expect([x.toArray(), x.grad, heap.used]).toEqual([before, null, used]);
});

it("wants something to check", () => {
  expect(() => gradCheck((a) => square(a), [tensor([1])])).toThrow(expect.objectContaining({ code: "GRAD" }));
});

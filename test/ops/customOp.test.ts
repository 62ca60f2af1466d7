import { afterAll, beforeAll, expect, test } from "vitest";
import type { Tensor } from "../../ts/index.ts";
import * as fovea from "../../ts/index.ts";
import { leaf } from "../gradients/leaves.ts";

const { customOp, gradCheck, multiply, randn, runtime, scope, square, tensor, zeros } = fovea;

beforeAll(() => fovea.init({ threads: 1 }));
afterAll(() => fovea.dispose());

/** The documentation's example. */
const cube = customOp({
  name: "cube",
  forward({ save }, x: Tensor) {
    save(x);
    const out = zeros(x.shape);
    const [from, to] = [x.view(), out.view()];
    for (let i = 0; i < to.length; i += 1) to[i] = from[i]! ** 3;
    return out;
  },
  backward: ({ saved: [x] }, dOut) => [multiply(dOut, multiply(3, square(x!)))],
});

test("it computes, has a gradient, and that is checked", () => {
  scope(() => {
    expect(cube(tensor([1, 2, -3])).toNested()).toEqual([1, 8, -27]);
    expect(gradCheck(cube, [randn([2, 3], { requiresGrad: true })]).compared).toBe(7);
  });
});

test("a gradient that is wrong is found", () => {
  const wrong = customOp({
    name: "wrong",
    forward: (_, x: Tensor) => multiply(x, x),
    backward: (_, dOut) => [multiply(dOut, 2)],
  });
  scope(() => {
    expect(() => gradCheck(wrong, [leaf([3])])).toThrow(/gradients must agree with differences/);
  });
});

test("between other ops, twice the same input, and where nobody asks for a gradient", () => {
  scope(() => {
    const x = tensor([1, 2], { requiresGrad: true });
    fovea.sum(multiply(cube(x), cube(x))).backward();
    expect(x.grad!.toNested()).toEqual([6, 192]);
    const asked: boolean[] = [];
    const pair = customOp({
      name: "pair",
      forward: (_, a: Tensor, b: Tensor) => fovea.add(a, b),
      backward({ wants }, dOut) {
        asked.push(wants(0), wants(1));
        return [wants(0) ? dOut : null, wants(1) ? dOut : null];
      },
    });
    pair(tensor([1, 1]), x).backward(tensor([1, 1]));
    expect(asked).toEqual([false, true]);
    expect(fovea.noGrad(() => cube(x)).requiresGrad).toBe(false);
    expect(cube(tensor([1])).requiresGrad).toBe(false);
  });
});

test("what is made on the way is freed, what is saved is kept for backward", () => {
  const halved = customOp({
    name: "halved",
    forward({ save }, x: Tensor) {
      const half = fovea.full([1], 0.5);
      save(half);
      return multiply(fovea.add(x, 0), half);
    },
    backward: ({ saved: [half] }, dOut) => [multiply(dOut, half!)],
  });
  const x = leaf([1000]);
  const before = runtime.memory.used;
  const out = halved(x);
  out.backward(scope(() => fovea.keepAlive(fovea.ones([1000]))));
  expect(x.grad!.view()[7]).toBe(0.5);
  out.dispose();
  x.dispose();
  expect(runtime.memory.used).toBeLessThanOrEqual(before);
});

const identity = (forward: (x: Tensor) => Tensor, backward: (dOut: Tensor) => (Tensor | null)[] = (dOut) => [dOut]) =>
  customOp({ name: "mine", forward: (_, x: Tensor) => forward(x), backward: (_, dOut) => backward(dOut) });

test.each<[what: string, run: () => unknown, text: RegExp]>([
  ["an argument as the result", () => identity((x) => x)(leaf([2])), /^mine: forward must give a new float32 tensor/],
  [
    "nothing as the result",
    () => identity(() => undefined as never)(leaf([2])),
    /^mine: forward must give a tensor, got undefined/,
  ],
  [
    "flags as the result",
    () => identity((x) => fovea.less(x, 0))(leaf([2])),
    /^mine: forward must give a new float32 .*got bool \[2\]/,
  ],
  [
    "a gradient too many",
    () => identity(square, (dOut) => [dOut, dOut])(leaf([2])).backward(zeros([2])),
    /^mine: backward must give a gradient or null for each argument, got 2 for 1/,
  ],
  [
    "a gradient of another shape",
    () => identity(square, () => [zeros([3])])(leaf([2])).backward(zeros([2])),
    /^mine: backward must give float32 \[2\] for argument 0, got float32 \[3\]/,
  ],
])("%s is refused", (_, run, text) => {
  scope(() => expect(run).toThrow(expect.objectContaining({ code: "GRAD", message: expect.stringMatching(text) })));
});

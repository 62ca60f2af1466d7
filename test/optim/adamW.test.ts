import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AdamW, dispose, init, Linear, multiply, ones, randn, runtime, scope, sum, tensor, zeros } from "../../ts/index.ts";
import { adamW as step } from "./reference.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const leaf = (...values: number[]) => tensor(Float32Array.from(values), [values.length], { requiresGrad: true });

describe("a step", () => {
  test("is PyTorch's over 30 steps, each group with its own options", () => {
    const options = { lr: 0.02, betas: [0.8, 0.95], eps: 1e-6, weightDecay: 0.1 } as const;
    const start = { a: [1, -2, 0.5], b: [3, 0.25] };
    const [a, b] = [leaf(...start.a), leaf(...start.b)];
    const optimizer = new AdamW([{ params: [a] }, { params: [b], lr: 0.005, weightDecay: 0 }], options);
    const expected = { a: step(start.a, options), b: step(start.b, { ...options, lr: 0.005, weightDecay: 0 }) };
    for (let i = 1; i <= 30; i += 1) {
      const gradients = { a: [Math.sin(i), 2, -0.001 * i], b: [-3, Math.cos(i)] };
      scope(() => {
        sum(multiply(a, tensor(gradients.a))).backward();
        sum(multiply(b, tensor(gradients.b))).backward();
      });
      optimizer.step();
      optimizer.zeroGrad();
      expected.a.step(gradients.a);
      expected.b.step(gradients.b);
    }
    for (const [ours, theirs] of [
      [a, expected.a.values],
      [b, expected.b.values],
    ] as const)
      theirs.forEach((value, i) => {
        expect(ours.view()[i]).toBeCloseTo(value, 5);
      });
  });

  test("has PyTorch's defaults", () => {
    const [group] = new AdamW([leaf(1)]).groups;
    expect(group).toMatchObject({ lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 1e-2 });
  });

  test("takes the gradient of a parameter that was not used as 0", () => {
    const [used, unused] = [leaf(1, 1), leaf(2, 2)];
    const optimizer = new AdamW([used, unused], { lr: 0.1, weightDecay: 0.5 });
    scope(() => sum(multiply(unused, used)).backward()); // fills both places
    optimizer.zeroGrad();
    scope(() => sum(used).backward());
    optimizer.step();
    expect(unused.grad).toBeNull();
    expect(unused.toNested()).toEqual([Math.fround(1.9), Math.fround(1.9)]); // the decay alone
  });

  test("adds up the gradients of several backward passes", () => {
    const x = leaf(1, 2);
    new AdamW([x]);
    for (let i = 0; i < 3; i += 1) scope(() => sum(multiply(x, tensor([1, 10]))).backward());
    expect(x.grad!.toNested()).toEqual([3, 30]);
  });
});

test("parameters keep their values and gradients when an optimizer takes them", () => {
  const linear = new Linear(3, 2);
  scope(() => sum(linear.forward(ones([1, 3]))).backward());
  const before = linear.parameters().flatMap((p) => [p.toArray(), p.grad!.toArray()]);
  new AdamW(linear.parameters());
  expect(linear.parameters().flatMap((p) => [p.toArray(), p.grad!.toArray()])).toEqual(before);
});

test("saved and loaded in the middle, it goes on with the same bits", () => {
  const gradient = (x: ReturnType<typeof leaf>, i: number) => scope(() => sum(multiply(x, tensor([i, -1, 0.5]))).backward());
  const run = (x: ReturnType<typeof leaf>, optimizer: AdamW, from: number, to: number) => {
    for (let i = from; i < to; i += 1) {
      gradient(x, i);
      optimizer.step();
      optimizer.zeroGrad();
    }
  };
  const whole = leaf(1, 2, 3);
  run(whole, new AdamW([whole], { lr: 0.1 }), 0, 10);
  const first = leaf(1, 2, 3);
  const firstOptimizer = new AdamW([first], { lr: 0.1 });
  run(first, firstOptimizer, 0, 4);
  const second = leaf(...first.view());
  const secondOptimizer = new AdamW([second], { lr: 7 });
  secondOptimizer.loadStateDict(firstOptimizer.stateDict());
  run(second, secondOptimizer, 4, 10);
  expect(second.toArray()).toEqual(whole.toArray());
});

describe("what does not fit is refused", () => {
  const refused: [string, () => unknown, string][] = [
    ["no parameters", () => new AdamW([]), "RANGE"],
    ["a negative rate", () => new AdamW([leaf(1)], { lr: -1 }), "RANGE"],
    ["a beta of 1", () => new AdamW([leaf(1)], { betas: [0.9, 1] }), "RANGE"],
    ["a frozen parameter", () => new AdamW([zeros([2])]), "RANGE"],
    [
      "a parameter in two groups",
      () => {
        const x = leaf(1);
        return new AdamW([{ params: [x] }, { params: [x] }]);
      },
      "RANGE",
    ],
    [
      "a step after another optimizer took the parameters",
      () => {
        const x = leaf(1);
        const first = new AdamW([x]);
        new AdamW([x]);
        first.step();
      },
      "STATE",
    ],
    [
      "a step after a parameter was freed",
      () => {
        const x = leaf(1);
        const optimizer = new AdamW([x]);
        x.dispose();
        optimizer.step();
      },
      "STATE",
    ],
    ["the state of other parameters", () => new AdamW([leaf(1)]).loadStateDict(new AdamW([leaf(1, 2)]).stateDict()), "STATE"],
  ];
  test.each(refused)("%s", (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ code }));
  });
});

test("dispose frees all but the parameters", () => {
  const before = runtime.memory.used;
  const linear = new Linear(5, 3);
  const optimizer = new AdamW(linear.parameters());
  scope(() => sum(linear.forward(randn([2, 5]))).backward());
  optimizer.step();
  optimizer.dispose();
  expect(linear.weight.alive).toBe(true);
  linear.dispose();
  expect(runtime.memory.used).toBe(before);
});

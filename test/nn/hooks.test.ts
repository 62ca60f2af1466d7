import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  add,
  dispose,
  Identity,
  init,
  Linear,
  Module,
  ones,
  runtime,
  Sequential,
  scale,
  scope,
  sum,
  type Tensor,
  TransformerEncoderLayer,
  tensor,
  zeros,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

/** Doubles, whatever was given. */
class Double extends Module {
  forward(x: Tensor): Tensor {
    return scale(x, 2);
  }
}

describe("forward hooks", () => {
  test("see the module, its inputs and its output, inside others too", () => {
    scope(() => {
      const inner = new Linear(3, 2);
      const model = new Sequential(new Identity(), inner);
      const seen: unknown[] = [];
      inner.registerForwardHook((module, [x], output) => {
        seen.push([module === inner, x.shape, output.shape]);
      });
      model.forward(zeros([4, 3]));
      expect(seen).toEqual([[true, [4, 3], [4, 2]]]);
    });
  });

  test("see a result of several parts", () => {
    scope(() => {
      const layer = new TransformerEncoderLayer(4, 2, { dimFeedforward: 3 });
      const shapes: (readonly number[])[] = [];
      layer.selfAttn.registerForwardHook((_, [query], { out, weights }) => {
        shapes.push(query.shape, out.shape, weights!.shape);
      });
      layer.forward(zeros([2, 3, 4]), { needWeights: true });
      expect(shapes).toEqual([
        [2, 3, 4],
        [2, 3, 4],
        [2, 2, 3, 3],
      ]);
    });
  });

  test("give another output, each from the one before it, and gradients follow", () => {
    scope(() => {
      const double = new Double();
      double.registerForwardHook((_, __, output) => add(output, tensor([1])));
      double.registerForwardHook((_, __, output) => scale(output, 10));
      const x = tensor([1, 2], { requiresGrad: true });
      const out = double.forward(x);
      expect(out.toNested()).toEqual([30, 50]);
      sum(out).backward();
      expect(x.grad!.toNested()).toEqual([20, 20]);
    });
  });
});

test("pre-hooks give other inputs", () => {
  scope(() => {
    const double = new Double();
    double.registerForwardPreHook((_, [x]) => [add(x, ones([1]))]);
    double.registerForwardPreHook(() => {});
    expect(double.forward(tensor([1, 2])).toNested()).toEqual([4, 6]);
  });
});

describe("a hook is removed", () => {
  test("alone, twice without harm, and with the last one nothing is left of it", () => {
    scope(() => {
      const double = new Double();
      const calls: string[] = [];
      const hook = (name: string) => () => void calls.push(name);
      const [a, b] = [double.registerForwardHook(hook("a")), double.registerForwardPreHook(hook("b"))];
      double.forward(ones([1]));
      a.remove();
      a.remove();
      double.forward(ones([1]));
      b.remove();
      double.forward(ones([1]));
      expect(calls).toEqual(["b", "a", "b"]);
      expect(Object.getOwnPropertyNames(double)).toEqual(["training"]);
      double.registerForwardHook(hook("c"));
      a.remove();
      double.forward(ones([1]));
      expect(calls).toEqual(["b", "a", "b", "c"]);
    });
  });

  test("at the end of its block, by using", () => {
    scope(() => {
      const double = new Double();
      let calls = 0;
      const count = () => {
        calls += 1;
      };
      {
        using _first = double.registerForwardHook(count);
        using _second = double.registerForwardHook(count);
        double.forward(ones([1]));
      }
      double.forward(ones([1]));
      expect(calls).toBe(2);
    });
  });

  test("by itself, while it runs", () => {
    scope(() => {
      const double = new Double();
      let calls = 0;
      const once = double.registerForwardHook(() => {
        calls += 1;
        once.remove();
      });
      for (let i = 0; i < 3; i += 1) double.forward(ones([1]));
      expect(calls).toBe(1);
    });
  });

  test("from a forward that is a property of its own", () => {
    scope(() => {
      class Own extends Module {
        override forward = (x: Tensor): Tensor => scale(x, 3);
      }
      const own = new Own();
      const { forward } = own;
      own.registerForwardHook((_, __, output) => scale(output, 2)).remove();
      expect(own.forward).toBe(forward);
      expect(own.forward(ones([1])).item()).toBe(3);
    });
  });
});

test("a hook changes neither keys nor modules, and keeps nothing alive", () => {
  const model = new Sequential(new Linear(3, 2), new Double());
  const keys = [...model.stateDict().keys()];
  for (const module of model.modules()) module.registerForwardHook(() => {});
  expect([...model.stateDict().keys()]).toEqual(keys);
  expect(model.namedModules().map(([name]) => name)).toEqual(["", "0", "1"]);
  const x = zeros([1, 3]);
  const before = runtime.memory.used;
  model.forward(x).dispose();
  expect(runtime.memory.used).toBe(before);
});

test("what a hook throws reaches the caller", () => {
  scope(() => {
    const model = new Sequential(new Double());
    model.at(0).registerForwardHook(() => {
      throw new Error("too large");
    });
    expect(() => model.forward(ones([1]))).toThrow("too large");
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  add,
  checkpoint,
  dispose,
  dropout,
  init,
  Linear,
  manualSeed,
  multiply,
  noGrad,
  randn,
  runtime,
  scope,
  sum,
  type Tensor,
  TransformerEncoderLayer,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const LAYERS = 6;
const SIZE = [2, 96, 32] as const;

function layers(): TransformerEncoderLayer[] {
  manualSeed(1);
  return Array.from({ length: LAYERS }, () => new TransformerEncoderLayer(32, 4, { dimFeedforward: 64, dropout: 0.3 }));
}

/** Losses, gradients of the input and all parameters, and how much memory a forward pass keeps. */
function run(modules: readonly TransformerEncoderLayer[], forward: (layer: TransformerEncoderLayer, x: Tensor) => Tensor) {
  manualSeed(2);
  const input = randn(SIZE, { requiresGrad: true });
  const before = runtime.memory.used;
  let kept = 0;
  const loss = scope(() => {
    const out = modules.reduce((x, layer) => forward(layer, x), input);
    const total = sum(multiply(out, out));
    kept = runtime.memory.used - before;
    total.backward();
    return total.item();
  });
  const gradients = modules.flatMap((layer) => layer.parameters().map(({ grad }) => [...grad!.view()]));
  return { kept, loss, gradients: [[...input.grad!.view()], ...gradients], after: randn([3]).toNested() };
}

test("keeps the bits, dropout's too, and less memory", () => {
  const modules = layers();
  const plain = run(modules, (layer, x) => layer.forward(x));
  for (const layer of modules) for (const parameter of layer.parameters()) parameter.zeroGrad();
  const checkpointed = run(modules, (layer, x) => checkpoint((x) => layer.forward(x), x));
  expect(checkpointed.loss).toBe(plain.loss);
  expect(checkpointed.gradients).toEqual(plain.gradients);
  expect(checkpointed.after).toEqual(plain.after); // the stream of random numbers goes on as it would have
  expect(checkpointed.kept).toBeLessThan(plain.kept / 5);
});

test("the peak of a whole step falls", async () => {
  const peakOf = async (forward: (layer: TransformerEncoderLayer, x: Tensor) => Tensor) => {
    await dispose();
    await init({ threads: 1 });
    run(layers(), forward);
    return runtime.memory.peak;
  };
  const checkpointed = await peakOf((layer, x) => checkpoint((x) => layer.forward(x), x));
  const plain = await peakOf((layer, x) => layer.forward(x));
  expect(checkpointed).toBeLessThan(plain / 2);
});

describe("what it takes", () => {
  test("an input that needs no gradient: parameters get theirs", () => {
    const linear = new Linear(4, 2);
    const x = randn([3, 4]);
    scope(() => sum(checkpoint((x) => linear.forward(x), x)).backward());
    expect(linear.bias!.grad!.toNested()).toEqual([3, 3]);
    expect(x.grad).toBeNull();
  });

  test("several inputs, one of them twice, and one that is given back as it is", () => {
    const [x, y] = [randn([5], { requiresGrad: true }), randn([5], { requiresGrad: true })];
    scope(() => sum(checkpoint((a, b, c) => add(multiply(a, b), c), x, y, x)).backward());
    expect([...x.grad!.view()]).toEqual([...y.view()].map((value) => Math.fround(value + 1)));
    expect([...y.grad!.view()]).toEqual([...x.view()]);
    y.zeroGrad();
    scope(() => sum(checkpoint((a) => a, y)).backward());
    expect(y.grad!.toNested()).toEqual([1, 1, 1, 1, 1]);
  });

  test("one inside another", () => {
    const draw = () => {
      manualSeed(7);
      return randn([64], { requiresGrad: true });
    };
    const [x, y] = [draw(), draw()];
    const inner = (x: Tensor) => dropout(multiply(x, x), { p: 0.5 });
    manualSeed(3);
    scope(() => sum(inner(inner(x))).backward());
    manualSeed(3);
    scope(() => sum(checkpoint((x) => inner(checkpoint(inner, x)), y)).backward());
    expect([...y.grad!.view()]).toEqual([...x.grad!.view()]);
  });

  test("noGrad: it is run once, and nothing is recorded", () => {
    let calls = 0;
    const x = randn([2], { requiresGrad: true });
    const out = noGrad(() =>
      checkpoint((x) => {
        calls += 1;
        return multiply(x, x);
      }, x),
    );
    expect(out.requiresGrad).toBe(false);
    expect(calls).toBe(1);
  });
});

test("nothing stays behind", () => {
  const before = runtime.memory.used;
  const linear = new Linear(4, 4);
  const x = randn([3, 4]);
  scope(() => sum(checkpoint((x) => linear.forward(x), x)).backward());
  linear.dispose();
  x.dispose();
  expect(runtime.memory.used).toBe(before);
});

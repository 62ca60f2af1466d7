import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gradientTimesInput, integratedGradients, tokenAttributions } from "../../ts/explain/index.ts";
import {
  add,
  dispose,
  gather,
  init,
  manualSeed,
  multiply,
  noGrad,
  randn,
  relu,
  runtime,
  SequenceClassifier,
  scale,
  scope,
  sum,
  type Tensor,
  tensor,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

/** Of each item `[batch, n]` to a number. */
const perItem = (x: Tensor): Tensor => sum(x, { axis: 1 });

describe("of a linear function", () => {
  const weights = () => tensor([[2, -3, 0.5]]);
  const linear = (x: Tensor): Tensor => perItem(multiply(x, weights()));
  const input = () =>
    tensor([
      [1, 2, 4],
      [-1, 0, 8],
    ]);
  const exact = [
    [2, -6, 2],
    [-2, -0, 4],
  ];

  it("gradient × input is weight times input", () => {
    scope(() => expect(gradientTimesInput(linear, input()).toNested()).toEqual(exact));
  });

  it("integrated gradients are the same, with one step already", () => {
    scope(() => {
      for (const steps of [1, 7]) {
        const { attributions, delta } = integratedGradients(linear, input(), { steps });
        attributions.view().forEach((value, i) => void expect(value).toBeCloseTo(exact.flat()[i]!, 5));
        for (const error of delta) expect(Math.abs(error)).toBeLessThan(1e-5);
      }
    });
  });

  it("a baseline is where nothing is said", () => {
    scope(() => {
      const baseline = tensor([
        [1, 1, 1],
        [0, 0, 8],
      ]);
      const { attributions } = integratedGradients(linear, input(), { baseline, steps: 3 });
      const expected = [0, -3, 1.5, -2, 0, 0];
      attributions.view().forEach((value, i) => void expect(value).toBeCloseTo(expected[i]!, 5));
    });
  });
});

describe("integrated gradients", () => {
  it("are exact for polynomials of a degree up to twice the steps", () => {
    scope(() => {
      const x = tensor([[1, -2, 3]]);
      const cubes = integratedGradients((at) => perItem(multiply(at, multiply(at, at))), x, { steps: 2 });
      [1, -8, 27].forEach((cube, i) => void expect(cubes.attributions.view()[i]).toBeCloseTo(cube, 4));
    });
  });

  it("give factors of a product their halves, where gradient × input gives each the whole", () => {
    scope(() => {
      const x = tensor([[3, 5]]);
      const product = (at: Tensor): Tensor => {
        const [first, second] = [tensor([[1, 0]]), tensor([[0, 1]])].map((mask) => perItem(multiply(at, mask)));
        return multiply(first!, second!);
      };
      expect(gradientTimesInput(product, x).toNested()).toEqual([[15, 15]]);
      for (const value of integratedGradients(product, x, { steps: 4 }).attributions.view()) expect(value).toBeCloseTo(7.5, 5);
    });
  });

  it("see what a flat place hides: 1 − relu(1 − x) at 2 (Sundararajan et al. 2017, section 2.1)", () => {
    scope(() => {
      const x = tensor([[2]]);
      const fn = (at: Tensor): Tensor => perItem(add(tensor([1]), scale(relu(add(tensor([1]), scale(at, -1))), -1)));
      expect(Math.abs(gradientTimesInput(fn, x).item())).toBe(0);
      const { attributions, delta } = integratedGradients(fn, x);
      expect(attributions.item()).toBeCloseTo(1, 1);
      expect(attributions.item() - 1).toBeCloseTo(delta[0]!, 6);
      // An error of 1/steps at most where the slope jumps.
      expect(Math.abs(delta[0]!)).toBeLessThan(1 / 50);
    });
  });
});

describe("of a model's embeddings", () => {
  const lengths = [5, 3];
  const ids = () =>
    tensor(
      [
        [3, 8, 1, 9, 4],
        [7, 2, 2, 0, 0],
      ],
      { dtype: "int32" },
    );

  function ofClass(model: SequenceClassifier, classes: readonly number[]): (embedded: Tensor) => Tensor {
    return (embedded) => {
      using _hook = model.embedding.registerForwardHook(() => embedded);
      const logits = model.forward(ids(), { lengths });
      return gather(logits, 1, tensor(classes, [2, 1], { dtype: "int32" })).reshape([2]);
    };
  }

  function classifier(): SequenceClassifier {
    manualSeed(2);
    const sizes = { vocabSize: 10, numClasses: 3, dModel: 16, numHeads: 2, numLayers: 2, dimFeedforward: 32, paddingIdx: 0 };
    return new SequenceClassifier({ ...sizes, activation: "gelu" }).eval();
  }

  it("integrated gradients sum to what the logit changes by, the nearer the more steps", () => {
    using model = classifier();
    scope(() => {
      const fn = ofClass(model, [2, 0]);
      const embedded = model.embedding.forward(ids()).detach();
      const change = noGrad(() =>
        add(fn(embedded), scale(fn(scale(embedded, 0)), -1))
          .view()
          .slice(),
      );
      const errors = [2, 8, 50].map((steps) => {
        const { attributions, delta } = integratedGradients(fn, embedded, { steps });
        const wholes = sum(attributions, { axis: [1, 2] }).view();
        delta.forEach((error, item) => void expect(wholes[item]! - change[item]!).toBeCloseTo(error, 5));
        return Math.max(...delta.map(Math.abs));
      });
      expect(Math.min(...change.map(Math.abs))).toBeGreaterThan(0.05);
      expect(errors[1]).toBeLessThan(errors[0]!);
      expect(errors[2]).toBeLessThan(1e-6); // 1.6e-2, 1.3e-6 and 1.4e-8 with one thread of the strict variant
    });
  });

  it("gradient × input sums to the slope of the logit along the input", () => {
    using model = classifier();
    scope(() => {
      const fn = ofClass(model, [1, 2]);
      const embedded = model.embedding.forward(ids()).detach();
      const wholes = sum(gradientTimesInput(fn, embedded), { axis: [1, 2] }).view();
      const step = 1 / 64;
      const at = (factor: number) => noGrad(() => fn(scale(embedded, factor)).view().slice());
      const [above, below] = [at(1 + step), at(1 - step)];
      wholes.forEach((whole, item) => void expect(whole).toBeCloseTo((above[item]! - below[item]!) / (2 * step), 3));
    });
  });

  it("leave parameters and their gradients, give padding nothing, and keep no memory", () => {
    using model = classifier();
    const parameters = () => model.parameters().map((parameter) => [...parameter.view()]);
    const before = parameters();
    const { used } = runtime.memory;
    scope(() => {
      const fn = ofClass(model, [0, 1]);
      const embedded = model.embedding.forward(ids());
      const both = [noGrad(() => gradientTimesInput(fn, embedded)), integratedGradients(fn, embedded, { steps: 3 }).attributions];
      for (const attributions of both) {
        expect(attributions.shape).toEqual([2, 5, 16]);
        expect(attributions.requiresGrad).toBe(false);
        const scores = [0, 1].map((item) => tokenAttributions(attributions, item));
        expect(scores[1]!.map(Math.abs).map(Math.sign)).toEqual(Float64Array.of(1, 1, 1, 0, 0));
        expect([...tokenAttributions(attributions, 1, 3)]).toEqual([...scores[1]!.subarray(0, 3)]);
        const first = Array.from(attributions.view().subarray(0, 16));
        expect(scores[0]![0]).toBeCloseTo(
          first.reduce((total, value) => total + value, 0),
          5,
        );
      }
    });
    expect(model.parameters().every(({ grad }) => grad === null)).toBe(true);
    expect(parameters()).toEqual(before);
    expect(runtime.memory.used).toBe(used);
  });
});

describe("what does not fit", () => {
  it("is refused, with what was got", () => {
    scope(() => {
      const x = randn([2, 3]);
      const code = (call: () => unknown, name: string, message: string): void =>
        expect(call).toThrow(expect.objectContaining({ code: name, message: expect.stringContaining(message) }));
      for (const method of [gradientTimesInput, integratedGradients]) {
        code(() => method((at) => sum(at), x), "SHAPE", "one number for each item, [2] for input [2, 3], got []");
        code(() => method(() => tensor([1, 2]), x), "GRAD", "output must have been computed");
        code(() => method(perItem, tensor([1], { dtype: "int32" })), "DTYPE", "got int32");
        code(() => method(perItem, tensor(1)), "RANK", "got []");
      }
      code(() => integratedGradients(perItem, x, { steps: 0 }), "RANGE", "got 0");
      code(() => integratedGradients(perItem, x, { baseline: randn([2, 2]) }), "SHAPE", "got float32 [2, 2]");
      code(() => tokenAttributions(x), "RANK", "got [2, 3]");
      code(() => tokenAttributions(randn([1, 2, 3]), 1), "RANGE", "got 1");
      code(() => tokenAttributions(randn([1, 2, 3]), 0, 3), "RANGE", "got 3");
    });
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  add,
  checkpoint,
  crossEntropy,
  dispose,
  grad,
  init,
  Linear,
  manualSeed,
  multiply,
  noGrad,
  randn,
  record,
  runtime,
  SequenceClassifier,
  scope,
  sum,
  type Tensor,
  tensor,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });
const square = (x: Tensor): Tensor => multiply(x, x);

function classifier(): SequenceClassifier {
  manualSeed(4);
  return new SequenceClassifier({ vocabSize: 12, numClasses: 3, dModel: 16, numHeads: 2, numLayers: 2, dropout: 0 });
}

const ids = () =>
  tensor(
    [
      [1, 5, 7, 2],
      [3, 3, 9, 0],
    ],
    { dtype: "int32" },
  );
const lossOf = (model: SequenceClassifier): Tensor =>
  crossEntropy(model.forward(ids(), { lengths: [4, 3] }), tensor([2, 0], { dtype: "int32" }));

describe("grad", () => {
  it("gives the gradients it is asked for, and leaves every grad alone", () => {
    scope(() => {
      const [x, y, z] = [leaf([1, 2]), leaf([3, 4]), leaf([5, 6])];
      sum(z).backward();
      const [dy, dx] = grad(sum(multiply(multiply(x, y), add(y, z))), [y, x]);
      expect(dx.toNested()).toEqual([3 * 8, 4 * 10]);
      expect(dy.toNested()).toEqual([1 * (2 * 3 + 5), 2 * (2 * 4 + 6)]);
      expect([x.grad, y.grad, z.grad?.toNested()]).toEqual([null, null, [1, 1]]);
    });
  });

  it("gives them for what ops computed, and for the output itself", () => {
    scope(() => {
      const x = leaf([2, 3]);
      const y = square(x);
      const out = sum(square(y));
      const [dOut, dy, dx] = grad(out, [out, y, x]);
      expect([dOut.toNested(), dy.toNested(), dx.toNested()]).toEqual([1, [2 * 4, 2 * 9], [4 * 8, 4 * 27]]);
    });
  });

  it("takes a seed, which it leaves alone, and reshapes of a leaf", () => {
    scope(() => {
      const x = leaf([1, 2, 3, 4]);
      const rows = x.reshape([2, 2]);
      const seed = tensor([
        [1, 10],
        [100, 1000],
      ]);
      const [dx] = grad(add(rows, rows), [rows], { seed });
      expect(dx.shape).toEqual([2, 2]);
      dx.view().fill(0);
      expect(seed.toNested()).toEqual([
        [1, 10],
        [100, 1000],
      ]);
      const [passed] = grad(add(rows, tensor([0, 0])), [rows], { seed });
      passed.view().fill(0);
      expect(seed.view()[3]).toBe(1000);
    });
  });

  it("gives each input its own memory", () => {
    scope(() => {
      const [x, y] = [leaf([1]), leaf([2])];
      const [dx, dy] = grad(add(x, y), [x, y]);
      dx.view()[0] = 7;
      expect(dy.item()).toBe(1);
    });
  });

  it("goes through the graph again if that is kept, to the same bits, and then no more", () => {
    using model = classifier();
    scope(() => {
      const once = lossOf(model);
      once.backward();
      const expected = model.parameters().map(({ grad }) => [...grad!.view()]);
      const embeddings = [...model.embedding.weight.grad!.view()];
      for (const parameter of model.parameters()) parameter.zeroGrad();
      const loss = lossOf(model);
      for (let pass = 0; pass < 2; pass += 1) {
        const [dWeight] = grad(loss, [model.embedding.weight], { retainGraph: true });
        expect([...dWeight.view()]).toEqual(embeddings);
        expect(model.parameters().every((parameter) => parameter.grad === null)).toBe(true);
      }
      loss.backward();
      expect(model.parameters().map((parameter) => [...parameter.grad!.view()])).toEqual(expected);
      expect(() => grad(loss, [model.embedding.weight])).toThrow(expect.objectContaining({ code: "GRAD" }));
    });
  });

  it("runs no backward on the way to what is not asked for", () => {
    scope(() => {
      const [x, y] = [leaf([1, 2]), leaf([3, 4])];
      const ran: string[] = [];
      const watched = (name: string, input: Tensor): Tensor =>
        record(add(input, tensor([0, 0])).detach(), [input], [], (dOut) => {
          ran.push(name);
          return [dOut];
        });
      const out = sum(multiply(watched("x", square(x)), watched("y", square(y))));
      const [dx] = grad(out, [x], { retainGraph: true });
      expect([dx.toNested(), ran]).toEqual([[2 * 9, 4 * 16], ["x"]]);
      out.backward();
      expect([y.grad?.toNested(), ran.slice(1).sort()]).toEqual([
        [6 * 1, 8 * 4],
        ["x", "y"],
      ]);
    });
  });

  it("goes through a checkpoint to the same bits, and leaves the parameters in it alone", () => {
    using layer = new Linear(3, 2);
    scope(() => {
      const x = randn([4, 3], { requiresGrad: true });
      const plain = grad(sum(square(layer.forward(x))), [x])[0].toArray();
      const [dx] = grad(sum(square(checkpoint((input) => layer.forward(input), x))), [x]);
      expect([...dx.view()]).toEqual([...plain]);
      expect([layer.weight.grad, layer.bias!.grad, x.grad]).toEqual([null, null, null]);
      sum(square(checkpoint((input) => layer.forward(input), x))).backward();
      expect([...x.grad!.view()]).toEqual([...plain]);
      expect(layer.weight.grad).not.toBeNull();
    });
  });

  it("keeps no memory but what it gives, inside a scope or outside", () => {
    const x = leaf([1, 2, 3]);
    const { used } = runtime.memory;
    const [dx] = scope(() => grad(sum(square(x)), [x]));
    expect(runtime.memory.used).toBe(used + 64);
    dx.dispose();
    expect(runtime.memory.used).toBe(used);
    x.dispose();
  });

  it("refuses what it can't give, before anything has changed", () => {
    scope(() => {
      const [x, y, plain] = [leaf([1, 2]), leaf([3, 4]), tensor([1, 2])];
      const out = multiply(x, plain);
      const refused = (call: () => unknown, message: string): void =>
        expect(call).toThrow(expect.objectContaining({ code: "GRAD", message: expect.stringContaining(message) }));
      refused(() => grad(out, [x]), "without a seed output must have one element, got [2]");
      refused(() => grad(out, [x], { seed: tensor([1]) }), "seed must have output's shape, got [2] for a seed [1]");
      refused(() => grad(sum(out), [x, y]), "got input 1 [2]");
      refused(() => grad(sum(out), [plain]), "got input 0 [2]");
      refused(() => grad(plain, [x]), "output must have been computed");
      refused(
        () =>
          grad(
            noGrad(() => sum(out)),
            [x],
          ),
        "output must have been computed",
      );
      expect(grad(sum(out), [x])[0].toNested()).toEqual([1, 2]);
      x.dispose();
      expect(() => grad(sum(y), [x])).toThrow(expect.objectContaining({ code: "DISPOSED" }));
    });
  });
});

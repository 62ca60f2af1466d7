import { afterAll, beforeAll, expect, test } from "vitest";
import { crossEntropy, dispose, init, randn, scope, tensor } from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const labels = (...values: number[]) => tensor(Int32Array.from(values));

test("with every label ignored the mean is NaN, its gradient 0", () => {
  scope(() => {
    const logits = randn([3, 4], { requiresGrad: true });
    const loss = crossEntropy(logits, labels(-100, -100, -100));
    expect(loss.item()).toBeNaN();
    loss.backward();
    expect(logits.grad!.toArray()).toEqual(new Float32Array(12));
  });
});

test("an ignored row changes neither the loss of the others nor their gradients", () => {
  scope(() => {
    const rows = randn([2, 5]).toArray();
    const alone = tensor(rows, [2, 5], { requiresGrad: true });
    const padded = tensor(Float32Array.of(...rows, 9, 9, Number.NaN, 9, 9), [3, 5], { requiresGrad: true });
    const lossAlone = crossEntropy(alone, labels(1, 4));
    const lossPadded = crossEntropy(padded, labels(1, 4, 7), { ignoreIndex: 7 });
    expect(lossPadded.item()).toBe(lossAlone.item());
    lossAlone.backward();
    lossPadded.backward();
    expect(padded.grad!.toArray().slice(0, 10)).toEqual(alone.grad!.toArray());
    expect(padded.grad!.toArray().slice(10)).toEqual(new Float32Array(5));
  });
});

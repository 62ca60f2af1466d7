import { afterEach, beforeEach, expect, it } from "vitest";
import { heap } from "../../ts/runtime/heap.ts";
import { tensor, zeros } from "../../ts/tensor/create.ts";
import { gradEnabled, noGrad } from "../../ts/tensor/gradMode.ts";
import { type Tensor, touch } from "../../ts/tensor/tensor.ts";
import { startPlainMemory, stopPlainMemory } from "../harness/plainMemory.ts";
import { add, identity, multiply, square, total } from "./plainOps.ts";

beforeEach(() => startPlainMemory());
afterEach(stopPlainMemory);

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });
const gradError = (message: string) => expect.objectContaining({ code: "GRAD", message });

it("refuses a second backward through the same ops, and says what to do", () => {
  const x = leaf([1, 2]);
  const shared = square(x);
  const [first, second] = [total(shared), total(shared)];
  first.backward();
  for (const again of [first, second]) {
    expect(() => again.backward()).toThrow(
      gradError(
        "backward: what this tensor was computed through has been used by an earlier backward(), which freed what was saved, in tensor []; compute it again, or add the losses and call it once",
      ),
    );
  }
  expect(x.grad?.toNested()).toEqual([2, 4]);
});

it("wants a seed for more than one element", () => {
  const y = square(leaf([1, 2]));
  expect(() => y.backward()).toThrow(
    gradError("backward: without a seed the tensor must have one element, got [2]; pass a gradient"),
  );
  expect(() => y.backward(zeros([3]))).toThrow(gradError("backward: seed must be [2], got [3]"));
});

it("refuses tensors that depend on no leaf", () => {
  expect(() => square(tensor([2])).backward()).toThrow(
    gradError(
      "backward: tensor [1] was not computed from any that requires a gradient; set requiresGrad before computing from it",
    ),
  );
  expect(() => leaf([2]).backward()).toThrow(/^backward: tensor \[1\] is a leaf itself/);
});

it("records nothing inside noGrad, and records again after it, also if it throws", () => {
  const x = leaf([2]);
  const y = noGrad(() => {
    expect(gradEnabled()).toBe(false);
    noGrad(() => undefined);
    expect(gradEnabled()).toBe(false);
    return square(x.reshape([1, 1]));
  });
  expect(y.requiresGrad).toBe(false);
  expect(() =>
    noGrad(() => {
      throw new Error("of the function");
    }),
  ).toThrow("of the function");
  expect(square(x).requiresGrad).toBe(true);
});

it("refuses a promise inside noGrad", () => {
  expect(() => noGrad(async () => 1)).toThrow(expect.objectContaining({ code: "STATE" }));
  expect(gradEnabled()).toBe(true);
});

it("notices that saved values were changed in place, before it changes anything", () => {
  const [x, w] = [leaf([1, 2]), leaf([3, 4])];
  const loss = total(multiply(square(x), w));
  w.view().fill(0);
  touch(w);
  const { used } = heap;
  expect(() => loss.backward()).toThrow(
    gradError(
      "backward: values that the gradient needs were changed after they were used, in tensor [2]; call backward() before the optimizer's step",
    ),
  );
  expect([x.grad, w.grad, heap.used]).toEqual([null, null, used]);
});

it("catches an op that gives gradients of the wrong number, shape or type", () => {
  const x = leaf([1, 2]);
  expect(() => total(identity(x, () => [])).backward()).toThrow(
    gradError("backward: an op must give one gradient per input, got 0 for 1"),
  );
  expect(() => total(identity(x, () => [zeros([3])])).backward()).toThrow(
    gradError("backward: the gradient of an op's input 0 must be float32 [2], got float32 [3]"),
  );
  expect(() => total(identity(x, () => [zeros([2], { dtype: "int32" })])).backward()).toThrow(
    gradError("backward: the gradient of an op's input 0 must be float32 [2], got int32 [2]"),
  );
  expect(x.grad).toBeNull();
});

it("takes null for a gradient of zero", () => {
  const [x, y] = [leaf([1]), leaf([2])];
  total(
    add(
      identity(x, () => [null]),
      y,
    ),
  ).backward();
  expect([x.grad, y.grad?.toNested()]).toEqual([null, [1]]);
});

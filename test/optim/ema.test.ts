import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dispose, EMA, init, runtime, scope, square, sum, type Tensor, tensor } from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const leaves = (): Tensor[] => [tensor([1, 2, 3, 4, 5], { requiresGrad: true }), tensor([[6], [7]], { requiresGrad: true })];

function shift(parameters: readonly Tensor[], by: number): void {
  for (const parameter of parameters) parameter.view().set(parameter.toArray().map((value) => value + by));
}

describe("the mean", () => {
  test("is decay · mean + (1 − decay) · parameter", () => {
    const parameters = leaves();
    const ema = new EMA(parameters, { decay: 0.75 });
    shift(parameters, 4);
    ema.update();
    shift(parameters, 4);
    ema.update();
    ema.swap();
    // From 1 to 5 and 9: 0.75 (0.75 · 1 + 0.25 · 5) + 0.25 · 9
    expect([...parameters[0]!.view()]).toEqual([3.75, 4.75, 5.75, 6.75, 7.75]);
    ema.swap();
    expect([...parameters[0]!.view()]).toEqual([9, 10, 11, 12, 13]);
  });

  test("follows closely at first, with a warm-up", () => {
    const parameters = leaves();
    const ema = new EMA(parameters, { warmup: true });
    shift(parameters, 11);
    ema.update(); // keeps 2 / 11
    ema.swap();
    expect(parameters[0]!.view()[0]).toBeCloseTo(10, 5);
  });
});

test("a shared parameter is swapped once", () => {
  const [a] = leaves();
  const ema = new EMA([a!, a!], { decay: 0 });
  shift([a!], 1);
  ema.swap();
  expect(a!.view()[0]).toBe(1);
});

test("a backward that needs the values from before a swap refuses", () => {
  const [a] = leaves();
  const ema = new EMA([a!]);
  scope(() => {
    const loss = sum(square(a!));
    ema.swap();
    expect(() => loss.backward()).toThrow(expect.objectContaining({ code: "GRAD" }));
  });
});

test("saved and loaded it goes on, and a state that does not fit changes nothing", () => {
  const [first, second] = [leaves(), leaves()];
  const [ema, other] = [new EMA(first, { decay: 0.5 }), new EMA(second, { decay: 0.5 })];
  shift(first, 8);
  ema.update();
  const state = ema.stateDict();
  const bad = { ...state, tensors: new Map([...state.tensors, ["1", tensor([1])]]) };
  expect(() => other.loadStateDict(bad)).toThrow(expect.objectContaining({ code: "STATE" }));
  other.swap();
  expect(second[0]!.view()[0]).toBe(1);
  other.swap();
  other.loadStateDict(state);
  other.swap();
  expect(second[0]!.view()[0]).toBe(5);
});

test("frees its means", () => {
  const parameters = leaves();
  const before = runtime.memory.used;
  new EMA(parameters).dispose();
  expect(runtime.memory.used).toBe(before);
});

test("refuses a decay of 1", () => {
  expect(() => new EMA(leaves(), { decay: 1 })).toThrow(expect.objectContaining({ code: "RANGE" }));
});

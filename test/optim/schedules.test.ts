import { describe, expect, test } from "vitest";
import { warmupConstant, warmupCosine, warmupLinear } from "../../ts/index.ts";

const over = (schedule: (step: number, total: number) => number, total: number) =>
  Array.from({ length: total + 1 }, (_, step) => Number(schedule(step, total).toFixed(6)));

test("the rate rises in a straight line, then", () => {
  const options = { warmupSteps: 2 };
  expect(over(warmupConstant(options), 6)).toEqual([0, 0.5, 1, 1, 1, 1, 1]);
  expect(over(warmupLinear(options), 6)).toEqual([0, 0.5, 1, 0.75, 0.5, 0.25, 0]);
  expect(over(warmupCosine(options), 6)).toEqual([0, 0.5, 1, 0.853553, 0.5, 0.146447, 0]);
});

test("without warm-up it starts at 1", () => {
  expect(over(warmupCosine(), 4)[0]).toBe(1);
  expect(over(warmupLinear(), 4)).toEqual([1, 0.75, 0.5, 0.25, 0]);
});

test("the warm-up may be a share of all steps", () => {
  expect(over(warmupLinear({ warmupRatio: 0.25 }), 8)).toEqual(over(warmupLinear({ warmupSteps: 2 }), 8));
});

test("past the last step it stays at its end", () => {
  expect(warmupCosine()(9, 4)).toBe(0);
  expect(warmupLinear()(9, 4)).toBe(0);
});

describe("what is out of range is refused", () => {
  test.each([{ warmupSteps: -1 }, { warmupSteps: Number.NaN }, { warmupRatio: 1.5 }])("%o", (options) => {
    expect(() => warmupCosine(options)).toThrow(expect.objectContaining({ code: "RANGE" }));
  });
});

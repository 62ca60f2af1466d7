import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AdamW, clipGradNorm, dispose, init, multiply, scope, sum, type Tensor, tensor } from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

/** Leaves whose gradients are `gradients`; null for one without. */
function leaves(gradients: readonly (readonly number[] | null)[]): Tensor[] {
  return gradients.map((gradient) => {
    const x = tensor(new Float32Array(gradient?.length ?? 1), [gradient?.length ?? 1], { requiresGrad: true });
    if (gradient) scope(() => sum(multiply(x, tensor([...gradient]))).backward());
    return x;
  });
}

const gradientsOf = (parameters: readonly Tensor[]) => parameters.map(({ grad }) => grad && [...grad.view()]);

describe.each([
  ["parameters of their own", (_: Tensor[]) => undefined],
  ["parameters in a flat vector", (parameters: Tensor[]) => void new AdamW(parameters)],
  ["some in a flat vector", (parameters: Tensor[]) => void new AdamW(parameters.slice(0, 1))],
  ["only some of a flat vector's", (parameters: Tensor[]) => void new AdamW([...parameters, ...leaves([[50]])])],
])("%s", (_, place) => {
  test("are scaled together by maxNorm / (norm + 1e-6)", () => {
    const parameters = leaves([[3, 0], [4], null]);
    place(parameters);
    expect(clipGradNorm(parameters, 1)).toBe(5);
    const factor = 1 / (5 + 1e-6);
    const [first, second, third] = gradientsOf(parameters);
    expect(first![0]).toBeCloseTo(3 * factor, 6);
    expect(second![0]).toBeCloseTo(4 * factor, 6);
    expect(third).toBeNull();
  });

  test("stay as they are below maxNorm", () => {
    const parameters = leaves([[3, 0], [4]]);
    place(parameters);
    expect(clipGradNorm(parameters, 5.5)).toBe(5);
    expect(gradientsOf(parameters)).toEqual([[3, 0], [4]]);
  });
});

test("no gradients: a norm of 0", () => {
  expect(clipGradNorm(leaves([null]), 1)).toBe(0);
});

test("a norm that is not finite is given back, or refused before anything changes", () => {
  const parameters = leaves([[Number.NaN], [2]]);
  expect(() => clipGradNorm(parameters, 1, { errorIfNonfinite: true })).toThrow(expect.objectContaining({ code: "RANGE" }));
  expect(gradientsOf(parameters)[1]).toEqual([2]);
  expect(clipGradNorm(parameters, 1)).toBeNaN();
});

test("refuses a negative maxNorm", () => {
  expect(() => clipGradNorm([], -1)).toThrow(expect.objectContaining({ code: "RANGE" }));
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gradCheck } from "../../ts/autograd/index.ts";
import * as ops from "../../ts/ops/index.ts";
import * as masks from "../../ts/ops/mask.ts";
import { dispose, init } from "../../ts/runtime/index.ts";
import { scope } from "../../ts/tensor/scope.ts";
import { int32, leaf } from "./leaves.ts";
import { opChecks } from "./opChecks.ts";

/** Exports that have no gradient to check, and why. */
const withoutGradient: Record<string, readonly string[]> = {
  "describes who may attend to whom": Object.keys(masks).filter((name) => name in ops),
  "gives flags or indices, which do not change smoothly": [
    ...["equal", "greater", "greaterEqual", "isNaN", "less", "lessEqual", "logicalAnd", "logicalNot", "logicalOr", "notEqual"],
    ...["argmax", "argmin"],
  ],
  "is made of indices, which do not change smoothly": ["oneHot"],
};

beforeAll(() => init());
afterAll(() => dispose());

describe.each(Object.entries(opChecks))("gradient of %s", (_, each) => {
  test.each(Object.entries(each))("%s", (_, build) => {
    scope(() => {
      const [fn, ...inputs] = build();
      const { compared } = gradCheck(fn, inputs);
      expect(compared).toBeGreaterThanOrEqual(inputs.length);
    });
  });
});

test("the row paddingIdx of an embedding gets gradient 0 although it is read", () => {
  scope(() => {
    const weight = leaf([5, 3]);
    const dOut = leaf([4, 3], 2).detach();
    ops.embedding(int32([1, 0, 1, 3]), weight, { paddingIdx: -4 }).backward(dOut);
    const [a, b, c] = dOut.toNested() as number[][];
    expect(weight.grad!.toNested()).toEqual([b, [0, 0, 0], [0, 0, 0], (dOut.toNested() as number[][])[3], [0, 0, 0]]);
    expect([a, c].flat().every((x) => x !== 0)).toBe(true);
  });
});

test("every op that is exported has its gradient checked, or a reason to have none", () => {
  const exported = Object.entries(ops).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
  const listed = [...Object.keys(opChecks), ...Object.values(withoutGradient).flat()];
  expect(listed.sort()).toEqual(exported.sort());
});

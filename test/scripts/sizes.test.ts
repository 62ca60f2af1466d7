import { expect, it } from "vitest";
import { sizes } from "../../scripts/sizes.mjs";

it.each(await sizes())("$name is within its budget of $budget bytes", ({ size, budget }) => {
  expect(size).toBeGreaterThan(budget / 2); // else the budget is that of something else
  expect(size).toBeLessThanOrEqual(budget);
});

import { expect, it } from "vitest";
import { findRust } from "../../scripts/setup/rust.mjs";
import { sizes } from "../../scripts/sizes.mjs";

const pinned = findRust()?.pinned ?? true;

it.for(await sizes())("$name is within its budget of $budget bytes", ({ name, size, budget }, { skip }) => {
  skip(
    !pinned && name.startsWith("wasm"),
    "Debian's Rust links without optimisation: its files are a tenth larger than those of the pinned one",
  );
  expect(size).toBeGreaterThan(budget / 2); // else the budget is that of something else
  expect(size).toBeLessThanOrEqual(budget);
});

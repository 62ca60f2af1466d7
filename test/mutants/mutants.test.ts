import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { applyMutant, parseMutants, readMutants } from "../../scripts/mutants/parse.mjs";
import { kernelNames } from "../harness/problem.ts";

// The bugs themselves are tried by `npm run test:mutants`; here, that each can still be put in.

const mutants = readMutants();

test("there are at least 40, and no two are called the same", () => {
  expect(mutants.length).toBeGreaterThanOrEqual(40);
  expect(new Set(mutants.map(({ why }) => why)).size).toBe(mutants.length);
});

test.each(mutants)("$why", (mutant) => {
  const text = readFileSync(mutant.file, "utf8");
  expect(applyMutant(mutant, text)).not.toBe(text);
  expect(kernelNames).toEqual(expect.arrayContaining(mutant.kernels));
  if (mutant.tests === null) return;
  const native = [`crates/kernels/tests/${mutant.tests}.rs`, `crates/kernels/tests/${mutant.tests}/main.rs`];
  expect(native.some(existsSync), native[0]).toBe(true);
});

describe("the list", () => {
  const list = "# why\n== a.rs | gemm | matmul softmaxForward | workers\n\nadds\n- x - y\n+ x + y\n\nleaves out\n- z();\n+\n";

  test("is read", () => {
    const heading = { file: "a.rs", tests: "gemm", kernels: ["matmul", "softmaxForward"], workers: true };
    expect(parseMutants(list)).toEqual([
      { ...heading, why: "adds", find: "x - y", replace: "x + y" },
      { ...heading, why: "leaves out", find: "z();", replace: "" },
    ]);
  });

  test("refuses text that stands there twice, or not at all", () => {
    const [adds] = parseMutants(list);
    expect(applyMutant(adds!, "a = x - y;")).toBe("a = x + y;");
    expect(() => applyMutant(adds!, "x - y + x - y")).toThrow("stands in a.rs 2 times, expected once: x - y");
    expect(() => applyMutant(adds!, "x")).toThrow("0 times");
    expect(() => parseMutants("? what")).toThrow("line 1");
  });
});

import { expect, it } from "vitest";
import type { Features } from "../../ts/runtime/features.ts";
import { plan, VARIANTS, type Wishes } from "../../ts/runtime/variants.ts";

const everything: Features = { simd: true, relaxedSimd: true, threads: true, isolated: true };
const chosen = (features: Partial<Features>, wishes: Wishes = {}, cores = 4) => {
  const result = plan({ ...everything, ...features }, wishes, cores);
  return { variant: result.variant.name, why: result.variantReason, threads: result.threads, whyThreads: result.threadsReason };
};

it("takes the best that the engine has", () => {
  expect(chosen({})).toEqual({
    variant: "relaxed-threads",
    why: "the best there is",
    threads: 4,
    whyThreads: "this machine has 4 cores",
  });
});

it("says why not a better one", () => {
  expect(chosen({ relaxedSimd: false })).toMatchObject({ variant: "simd-threads", why: "this engine has no relaxed SIMD" });
  expect(chosen({}, { deterministic: true })).toMatchObject({
    variant: "simd-threads",
    why: "deterministic keeps to the strict ones",
  });
  expect(chosen({ threads: false })).toMatchObject({
    variant: "relaxed",
    why: "it runs on one thread",
    threads: 1,
    whyThreads: "this engine has no WebAssembly threads",
  });
  expect(chosen({ isolated: false, relaxedSimd: false })).toMatchObject({
    variant: "simd",
    why: "this engine has no relaxed SIMD; it runs on one thread",
    threads: 1,
    whyThreads:
      "this page is not cross-origin isolated; serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
  });
});

it("takes one thread per core, at most eight unless more are asked for", () => {
  expect(chosen({}, {}, 1)).toMatchObject({ variant: "relaxed", threads: 1, whyThreads: "this machine has one core" });
  expect(chosen({}, {}, 8)).toMatchObject({ threads: 8 });
  expect(chosen({}, {}, 32)).toMatchObject({ threads: 8, whyThreads: "of 32 cores, 8 unless more are asked for" });
  expect(chosen({}, { threads: 12 }, 4)).toMatchObject({ threads: 12, whyThreads: "12 threads were asked for" });
  expect(chosen({}, { threads: 1 })).toMatchObject({ variant: "relaxed", threads: 1, whyThreads: "one thread was asked for" });
});

it("warns only where threads were wanted and are withheld", () => {
  expect(plan({ ...everything, isolated: false }, {}, 4).withheld).toBe(true);
  expect(plan({ ...everything, isolated: false }, { threads: 1 }, 4).withheld).toBe(false);
  expect(plan({ ...everything, isolated: false }, { variant: "simd" }, 4).withheld).toBe(false);
  expect(plan(everything, {}, 1).withheld).toBe(false);
});

it("gives the variant that is asked for, if the engine can run it", () => {
  for (const { name, threads } of VARIANTS) {
    expect(chosen({}, { variant: name })).toMatchObject({ variant: name, why: "it was asked for", threads: threads ? 4 : 1 });
  }
  expect(chosen({}, { variant: "simd-threads", threads: 1 })).toMatchObject({ variant: "simd-threads", threads: 1 });
  expect(() => chosen({ relaxedSimd: false }, { variant: "relaxed" })).toThrow(
    "init: the variant relaxed cannot run, this engine has no relaxed SIMD; leave variant out for the best that can",
  );
  expect(() => chosen({ isolated: false }, { variant: "simd-threads" })).toThrow("this page is not cross-origin isolated");
});

it("refuses engines without SIMD", () => {
  expect(() => chosen({ simd: false })).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
});

it.each([0, -1, 1.5, Number.NaN, 65, 1e9, "2"])("refuses %s threads", (threads) => {
  expect(() => chosen({}, { threads: threads as number })).toThrow(
    `init: threads must be a whole number from 1 to 64, got ${threads}`,
  );
});

it("refuses wishes that contradict each other", () => {
  expect(() => chosen({}, { variant: "relaxed", deterministic: true })).toThrow(expect.objectContaining({ code: "RANGE" }));
  expect(() => chosen({}, { variant: "simd", threads: 2 })).toThrow(
    "init: the variant simd has one thread, got threads 2; ask for simd-threads",
  );
  expect(() => chosen({}, { variant: "fast" as "simd" })).toThrow(
    "init: variant must be one of relaxed-threads, simd-threads, relaxed, simd, got fast",
  );
});

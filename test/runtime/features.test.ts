import { expect, it } from "vitest";
import { detectFeatures } from "../../ts/runtime/features.ts";

const shared = { SharedArrayBuffer };

it("finds in this Node what it is known to have", () => {
  const [major] = process.versions.node.split(".").map(Number);
  const relaxedSimd = major! >= 22 || process.execArgv.includes("--experimental-wasm-relaxed-simd");
  expect(detectFeatures()).toEqual({ simd: true, relaxedSimd, threads: true, isolated: true });
});

it("asks with modules that are whole: an engine that takes everything has everything", () => {
  const lengths: number[] = [];
  const engine = { WebAssembly: { validate: (bytes: Uint8Array) => lengths.push(bytes.length) > 0 }, ...shared };
  expect(detectFeatures(engine)).toEqual({ simd: true, relaxedSimd: true, threads: true, isolated: true });
  expect(new Set(lengths).size).toBe(3);
});

it("finds nothing in an engine without WebAssembly or one that refuses", () => {
  const nothing = { simd: false, relaxedSimd: false, threads: false };
  expect(detectFeatures({ ...shared })).toEqual({ ...nothing, isolated: true });
  expect(detectFeatures({ WebAssembly: { validate: () => false }, ...shared })).toEqual({ ...nothing, isolated: true });
});

it("takes a page for isolated only if it says so and has shared buffers", () => {
  expect(detectFeatures({ ...shared, crossOriginIsolated: false }).isolated).toBe(false);
  expect(detectFeatures({ ...shared, crossOriginIsolated: true }).isolated).toBe(true);
  expect(detectFeatures({ crossOriginIsolated: true }).isolated).toBe(false);
});

import { runtime, type VariantName } from "../../ts/runtime/index.ts";

export interface Configuration {
  variant: VariantName;
  threads: number;
}

const all: readonly Configuration[] = [
  { variant: "simd", threads: 1 },
  { variant: "simd-threads", threads: 1 },
  { variant: "simd-threads", threads: 2 },
  { variant: "simd-threads", threads: 4 },
  { variant: "relaxed", threads: 1 },
  { variant: "relaxed-threads", threads: 1 },
  { variant: "relaxed-threads", threads: 2 },
  { variant: "relaxed-threads", threads: 4 },
];

/** Every variant with every thread count that this engine can run. What it cannot is said once, on the console. */
export function configurations(): readonly Configuration[] {
  if (runtime.features.relaxedSimd) return all;
  console.warn(
    "skipped: relaxed and relaxed-threads. This Node has no relaxed SIMD: use 24, or --experimental-wasm-relaxed-simd",
  );
  return all.filter(({ variant }) => !variant.startsWith("relaxed"));
}

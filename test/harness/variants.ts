import type { VariantName } from "../../ts/runtime/variants.ts";

/** `(module (func (result v128) …f32x4.relaxed_madd))`: whether this engine takes relaxed SIMD. */
const relaxedProbe = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0],
  ...[65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11],
]);

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
  if (WebAssembly.validate(relaxedProbe)) return all;
  console.warn(
    "skipped: relaxed and relaxed-threads. This Node has no relaxed SIMD: use 24, or --experimental-wasm-relaxed-simd",
  );
  return all.filter(({ variant }) => !variant.startsWith("relaxed"));
}

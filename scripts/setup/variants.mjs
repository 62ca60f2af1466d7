// The four wasm builds, and every flag they differ in. crates/README.md gives each flag's reason.

/** @typedef {{ name: string, features: string[], threads: boolean }} Variant */

const SIMD = ["+simd128"];
const RELAXED = [...SIMD, "+relaxed-simd"];
const ATOMICS = ["+atomics", "+bulk-memory", "+mutable-globals"];

/** @type {Variant[]} */
export const VARIANTS = [
  { name: "simd", features: SIMD, threads: false },
  { name: "simd-threads", features: [...SIMD, ...ATOMICS], threads: true },
  { name: "relaxed", features: RELAXED, threads: false },
  { name: "relaxed-threads", features: [...RELAXED, ...ATOMICS], threads: true },
];

const STACK_BYTES = 1 << 20;
const MAX_MEMORY_BYTES = 2 ** 32;
const TLS_SYMBOLS = ["__wasm_init_tls", "__tls_size", "__tls_align", "__tls_base"];

/** @param {Variant} variant @returns {string[]} */
export function rustFlags({ features, threads }) {
  const link = ["--import-memory", "--export=__heap_base", `-zstack-size=${STACK_BYTES}`];
  if (threads)
    link.push("--shared-memory", `--max-memory=${MAX_MEMORY_BYTES}`, ...TLS_SYMBOLS.map((symbol) => `--export=${symbol}`));
  // core is rebuilt without the texts of panics, which nobody could read in wasm.
  const panic = ["-Z", "unstable-options", "-C", "panic=immediate-abort"];
  // No second copy of a loop for each way that an if before it may go.
  const lean = ["-C", "llvm-args=-unswitch-threshold=0"];
  return ["-C", `target-feature=${features.join(",")}`, ...link.flatMap((arg) => ["-C", `link-arg=${arg}`]), ...panic, ...lean];
}

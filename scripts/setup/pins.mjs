// The exact versions that the wasm build is made with. Each is written once, where its own tool reads it.
import { readFileSync } from "node:fs";
import { root } from "./paths.mjs";

/** @param {string} file @param {RegExp} pattern */
function pinned(file, pattern) {
  const version = pattern.exec(readFileSync(root(file), "utf8"))?.[1];
  if (!version) throw new Error(`${file} pins no version: ${pattern} not found`);
  return version;
}

/** Rust: a nightly, since std must be rebuilt with atomics. */
export const RUST = pinned("crates/rust-toolchain.toml", /channel = "(.+)"/);
/** The program must be of the crate's very version. */
export const WASM_BINDGEN = pinned("crates/wasm/Cargo.toml", /^wasm-bindgen = \{ version = "=(.+?)"/m);
export const WASM_PACK = "0.15.1";

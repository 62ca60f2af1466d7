// Builds a variant when what it is made of has changed, and puts it in wasm/<variant>/ in one move per file.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { root } from "./paths.mjs";
import { RUST, WASM_BINDGEN, WASM_PACK } from "./pins.mjs";
import { SetupError } from "./progress.mjs";
import { CommandFailed, run } from "./run.mjs";
import { rustFlags } from "./variants.mjs";

/** @typedef {import("./variants.mjs").Variant} Variant */

const FILES = ["fovea.js", "fovea_bg.wasm", "fovea.d.ts"];
const OUTSIDE = new Set(["target", "tests", "benches", "examples"]); // folders of crates/ that no wasm file is made of

/** Everything a variant is made of, as one hash. @param {Variant} variant */
export function inputsOf(variant) {
  const hash = createHash("sha256").update(JSON.stringify([RUST, WASM_PACK, WASM_BINDGEN, rustFlags(variant)]));
  const crates = root("crates");
  for (const file of sources(crates)) hash.update(`\0${relative(crates, file)}\0`).update(readFileSync(file));
  return hash.digest("hex");
}

/** @param {string} folder @returns {string[]} */
function sources(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.isDirectory()) return OUTSIDE.has(entry.name) ? [] : sources(join(folder, entry.name));
      return /\.(rs|toml|lock)$/.test(entry.name) ? [join(folder, entry.name)] : [];
    });
}

/** @param {Variant} variant */
const stampOf = (variant) => root(`wasm/${variant.name}/inputs.txt`);

/** @param {Variant} variant */
export function wasmDone(variant) {
  if (!FILES.every((file) => existsSync(root(`wasm/${variant.name}/${file}`)))) return false;
  return existsSync(stampOf(variant)) && readFileSync(stampOf(variant), "utf8") === inputsOf(variant);
}

/** @param {Variant} variant @param {import("./rust.mjs").Rust} rust @param {(status: string) => void} say @param {string} log */
export async function buildWasm(variant, rust, say, log) {
  const inputs = inputsOf(variant);
  const out = root(`.setup/out/${variant.name}`);
  rmSync(out, { recursive: true, force: true });
  try {
    await run("wasm-pack", wasmPackArgs(out), { env: wasmPackEnv(variant, rust), say, log });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new SetupError(
      `The wasm variant ${variant.name} could not be built: ${error.reason}. The compiler's whole output is in ${log}.`,
    );
  }
  mkdirSync(root(`wasm/${variant.name}`), { recursive: true });
  rmSync(stampOf(variant), { force: true });
  for (const file of FILES) renameSync(join(out, file), root(`wasm/${variant.name}/${file}`));
  writeFileSync(stampOf(variant), inputs);
}

/** @param {string} out */
function wasmPackArgs(out) {
  const own = ["build", root("crates/wasm"), "--target", "web", "--release", "--mode", "no-install", "--no-opt", "--no-pack"];
  return [...own, "--out-dir", out, "--out-name", "fovea", "--", "--locked", "-Z", "build-std=core,alloc"];
}

/** @param {Variant} variant @param {import("./rust.mjs").Rust} rust @returns {NodeJS.ProcessEnv} */
function wasmPackEnv(variant, rust) {
  const home = (/** @type {string} */ name, /** @type {string} */ folder) => process.env[name] ?? join(homedir(), folder);
  const folders = { cargo: home("CARGO_HOME", ".cargo"), rustup: home("RUSTUP_HOME", ".rustup"), fovea: root() };
  // No folder of this machine gets into the file, so that every machine builds the same bytes.
  const remap = Object.entries(folders).map(([name, folder]) => `--remap-path-prefix=${folder}=${name}`);
  return {
    ...rust.env,
    RUSTFLAGS: undefined,
    CARGO_ENCODED_RUSTFLAGS: [...rustFlags(variant), ...remap].join("\x1f"), // the form that survives spaces in a path
    CARGO_TARGET_DIR: root(`target/${variant.name}`), // one each: in a shared one each build would throw the other away
  };
}

// wasm-pack and wasm-bindgen, of exactly the pinned versions: taken from PATH, else built into .setup/bin.
import { execFileSync } from "node:child_process";
import { root, toolPath, which } from "./paths.mjs";
import { WASM_BINDGEN, WASM_PACK } from "./pins.mjs";
import { SetupError } from "./progress.mjs";
import { CommandFailed, run } from "./run.mjs";

/** @typedef {{ program: string, crate: string, version: string }} Tool */

/** @type {Tool[]} */
export const TOOLS_NEEDED = [
  { program: "wasm-pack", crate: "wasm-pack", version: WASM_PACK },
  { program: "wasm-bindgen", crate: "wasm-bindgen-cli", version: WASM_BINDGEN },
];

/** @param {Tool} tool */
export function toolDone({ program, version }) {
  const file = which(program, toolPath());
  if (!file) return false;
  try {
    return (
      execFileSync(file, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim() ===
      `${program} ${version}`
    );
  } catch {
    return false;
  }
}

/**
 * Unoptimised: that halves the build, and either tool runs for milliseconds.
 * @param {Tool} tool @param {import("./rust.mjs").Rust} rust @param {(status: string) => void} say @param {string} log
 */
export async function installTool({ crate, version }, rust, say, log) {
  if (!which("cc", rust.env.PATH))
    throw new SetupError(`${crate} could not be built: there is no C linker \`cc\`; install gcc or clang.`);
  const args = ["install", crate, "--version", version, "--locked", "--debug", "--force", "--root", root(".setup")];
  try {
    await run("cargo", args, { env: rust.env, say, log });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new SetupError(
      `${crate} ${version} could not be built: ${error.reason}. Install it by hand (cargo install ${crate} --version ${version} --locked), or look at ${log}.`,
    );
  }
}

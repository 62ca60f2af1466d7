// Everything a bare clone needs, done once: npm packages, Rust, wasm-pack and wasm-bindgen, the generated calls, the four wasm files.
// Uses only what Node brings, since it runs before node_modules is there. `--only wasm` leaves out npm.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { generateKernels, kernelsUpToDate, TARGET } from "./kernels.mjs";
import { withLock } from "./setup/lock.mjs";
import { installNpm, npmDone } from "./setup/npm.mjs";
import { root } from "./setup/paths.mjs";
import { RUST } from "./setup/pins.mjs";
import { SetupError, step } from "./setup/progress.mjs";
import { findRust, installRust } from "./setup/rust.mjs";
import { installTool, TOOLS_NEEDED, toolDone } from "./setup/tools.mjs";
import { VARIANTS } from "./setup/variants.mjs";
import { buildWasm, wasmDone } from "./setup/wasm.mjs";

/**
 * @typedef {{ npm?: boolean, kernels?: boolean, rust?: boolean, wasm?: boolean }} Parts  which to do; `rust`: even if no wasm file needs it;
 * without `wasm` nothing is built, but what builds it is there
 */

/** @param {Parts} [parts] */
export async function setUp({ npm = true, kernels = true, rust = false, wasm = true } = {}) {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20)
    throw new SetupError(`Fovea needs Node 20 or newer, this is Node ${process.versions.node}: install a newer one.`);
  const built = () => (wasm ? VARIANTS.every(wasmDone) : TOOLS_NEEDED.every(toolDone));
  const done = () => (!npm || npmDone()) && (!kernels || kernelsUpToDate()) && (!rust || findRust() !== null) && built();
  if (done()) return;
  await withLock(async () => {
    if (npm && !npmDone()) await step("npm packages", installNpm);
    if (kernels && !kernelsUpToDate()) {
      await step(`generated calls (${TARGET})`, async () => writeFileSync(root(TARGET), generateKernels()));
    }
    if (rust || !built()) await buildAll(wasm);
  });
}

/** @param {boolean} wasm the variants too, not only what builds them */
async function buildAll(wasm) {
  const rust = findRust() ?? (await step(`Rust for wasm (${RUST})`, installRust));
  const variants = VARIANTS.filter((variant) => wasm && !wasmDone(variant));
  if (wasm && variants.length === 0) return;
  for (const tool of TOOLS_NEEDED.filter((candidate) => !toolDone(candidate))) {
    await step(`${tool.program} ${tool.version}`, (say, log) => installTool(tool, rust, say, log));
  }
  for (const variant of variants) {
    await step(`wasm variant ${variant.name}`, (say, log) => buildWasm(variant, rust, say, log));
  }
}

/** Runs a script's work; a set-up that cannot go on is one sentence and exit code 1. @param {() => Promise<void>} work */
export async function orExplain(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const only = process.argv[2] === "--only" ? process.argv[3] : undefined;
  await orExplain(() => setUp({ npm: only !== "wasm", kernels: only !== "wasm" }));
}

// A copy of the kernels, their tests and the scripts that build them, in `.setup/mutants`: nothing that happens there touches the working tree.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../setup/paths.mjs";
import { VARIANTS } from "../setup/variants.mjs";
import { applyMutant } from "./parse.mjs";

/** @typedef {import("./parse.mjs").Mutant} Mutant */

const COPY = root(".setup/mutants");
const COPIED = ["crates", "scripts", "ts", "test/cases", "test/cases.ts", "test/harness", "test/kernels"];
const SINGLE_FILES = ["package.json", "tsconfig.json", "vitest.config.ts"];
/** A bug may make a loop endless, but no compiler's. */
const TOO_LONG = 180_000;
const TOO_LONG_TO_BUILD = 1_800_000; // on a machine busy with other work

/** What is built is kept from run to run. Sources come anew, with a new date each: cargo goes by that, and a bug may be left from a run that was stopped. */
export function makeCopy() {
  mkdirSync(COPY, { recursive: true });
  for (const path of [...COPIED, ...SINGLE_FILES]) {
    rmSync(join(COPY, path), { recursive: true, force: true });
    cpSync(root(path), join(COPY, path), { recursive: true });
  }
  if (!existsSync(join(COPY, "node_modules"))) symlinkSync(root("node_modules"), join(COPY, "node_modules"));
}

/** Runs `work` with the bug in the copy. @template T @param {Mutant} mutant @param {() => Promise<T>} work @returns {Promise<T>} */
export async function withMutant(mutant, work) {
  const file = join(COPY, mutant.file);
  const text = readFileSync(file, "utf8");
  writeFileSync(file, applyMutant(mutant, text));
  try {
    return await work();
  } finally {
    writeFileSync(file, text);
  }
}

/** The native tests of one file. @param {string} tests @param {import("../setup/rust.mjs").Rust} rust */
export async function nativeTests(tests, rust) {
  const env = { ...rust.env, CARGO_TARGET_DIR: join(COPY, "target/native") };
  const args = ["test", "--manifest-path", join(COPY, "crates/Cargo.toml"), "--locked", "-p", "fovea-kernels", "--test", tests];
  const built = await runInCopy("cargo", [...args, "--no-run"], env, TOO_LONG_TO_BUILD);
  if (!built.ok) throw new Error(`the native tests do not compile:\n${built.output}`);
  return runInCopy("cargo", args, env);
}

/** Builds one wasm variant of the copy, by the copy's own scripts. @param {boolean} workers @param {import("../setup/rust.mjs").Rust} rust */
export async function buildCopy(workers, rust) {
  /** @type {typeof import("../setup/wasm.mjs")} */
  const { buildWasm } = await import(pathToFileURL(join(COPY, "scripts/setup/wasm.mjs")).href);
  const variant = VARIANTS.find(({ name }) => name === variantName(workers));
  if (variant) await buildWasm(variant, rust, () => {}, join(COPY, "wasm.log"));
}

/** The cases of some kernels in that variant. @param {string[]} kernels @param {boolean} workers */
export async function wasmCases(kernels, workers) {
  const file = workers ? "test/kernels/threads.test.ts" : "test/kernels/parity.test.ts";
  // vitest puts strings in quotes where it makes names of them.
  const pattern = `^'?${variantName(workers)}'?, threads: ${workers ? "[24]" : "1"} '?(${kernels.join("|")})[ :]`;
  const vitest = join(COPY, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--root", COPY, "--reporter=dot", file, "-t", pattern];
  const run = await runInCopy(process.execPath, args, { ...process.env, NO_COLOR: "1" });
  if (run.ok && !/Tests .*\d passed/.test(run.output)) throw new Error(`${file} has no case by the name of ${pattern}`);
  return run;
}

/** @param {boolean} workers */
const variantName = (workers) => (workers ? "simd-threads" : "simd");

/**
 * @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} env @param {number} limit milliseconds
 * @returns {Promise<{ ok: boolean, output: string }>} not ok too if it took too long
 */
function runInCopy(command, args, env, limit = TOO_LONG) {
  return new Promise((resolve, reject) => {
    // A process group of its own, so that what cargo or vitest started ends with it.
    const child = spawn(command, args, { cwd: COPY, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk) => {
        output += chunk;
      });
    }
    const timer = setTimeout(() => child.pid && process.kill(-child.pid, "SIGKILL"), limit);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ ok: code === 0, output });
    });
  });
}

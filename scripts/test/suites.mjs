// The suites of `npm test`. Each runs one tool and says how many of its tests passed and failed.
import { readFileSync, rmSync } from "node:fs";
import { kernelsUpToDate, TARGET } from "../kernels.mjs";
import { root } from "../setup/paths.mjs";
import { findRust } from "../setup/rust.mjs";
import { rustFlags, VARIANTS } from "../setup/variants.mjs";
import { show, showNode } from "./command.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** A tool that only says yes or no counts as one test. @param {boolean} ok @returns {Counts} */
const one = (ok) => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });

const CARGO = ["--manifest-path", root("crates/Cargo.toml"), "--locked"];
const cargoEnv = () => ({ ...findRust()?.env, CARGO_TARGET_DIR: root("target/native") });

/** The kernels' own tests, natively. @returns {Promise<Counts>} */
export async function rustTests() {
  const { ok, output } = await show("cargo", ["test", ...CARGO, "-p", "fovea-kernels"], cargoEnv());
  const results = [...output.matchAll(/^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored/gm)];
  const sum = (/** @type {number} */ group) => results.reduce((total, match) => total + Number(match[group]), 0);
  const failed = sum(2);
  return { passed: sum(1), failed: ok ? failed : Math.max(failed, 1), skipped: sum(3) };
}

/** What is refused: the compiler's warnings, and what clippy holds for wrong or slow. Style is left to taste. */
const REFUSED = [
  "-Dwarnings",
  "-Aclippy::all",
  ...["correctness", "suspicious", "perf", "undocumented_unsafe_blocks"].map((lint) => `-Dclippy::${lint}`),
];

/** Clippy over both crates; the wasm one only compiles for wasm. @returns {Promise<Counts>} */
export async function rustLint() {
  if (!findRust()?.hasClippy) {
    console.log("skipped: this Rust toolchain came without clippy (rustup component add clippy)");
    return { passed: 0, failed: 0, skipped: 2 };
  }
  const flags = VARIANTS[0] ? rustFlags(VARIANTS[0]).join("\x1f") : "";
  const kernels = await clippy(["-p", "fovea-kernels", "--all-targets"], cargoEnv());
  const door = await clippy(["-p", "fovea-wasm", "--target", "wasm32-unknown-unknown"], {
    ...cargoEnv(),
    CARGO_ENCODED_RUSTFLAGS: flags,
  });
  return { passed: Number(kernels) + Number(door), failed: Number(!kernels) + Number(!door), skipped: 0 };
}

/** @param {string[]} what @param {NodeJS.ProcessEnv} env */
const clippy = async (what, env) => (await show("cargo", ["clippy", ...CARGO, ...what, "--", ...REFUSED], env)).ok;

/** @returns {Promise<Counts>} */
export async function types() {
  return one((await showNode("typescript/bin/tsc", ["--noEmit"])).ok);
}

/** @returns {Promise<Counts>} */
export async function lint() {
  return one((await showNode("@biomejs/biome/bin/biome", ["check"])).ok);
}

/** @returns {Promise<Counts>} */
export async function generatedCalls() {
  const ok = kernelsUpToDate();
  console.log(ok ? `${TARGET} is up to date` : `${TARGET} does not match crates/wasm/src/kernels.rs: run \`npm run kernels\``);
  return one(ok);
}

/** @param {string[]} args a filter and vitest's own options @returns {Promise<Counts>} */
export async function vitest(args) {
  const report = root(".setup/vitest.json");
  rmSync(report, { force: true });
  const { ok } = await showNode("vitest/vitest.mjs", [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...args,
  ]);
  const counts = readReport(report);
  return { ...counts, failed: ok ? counts.failed : Math.max(counts.failed, 1) };
}

/** @param {string} file @returns {Counts} */
function readReport(file) {
  try {
    const report = JSON.parse(readFileSync(file, "utf8"));
    // A file that fails before its first test has no tests to count.
    const broken = report.testResults.filter(
      (/** @type {{ status: string, assertionResults: unknown[] }} */ result) =>
        result.status === "failed" && result.assertionResults.length === 0,
    ).length;
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + broken,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

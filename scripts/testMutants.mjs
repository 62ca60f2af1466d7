// `npm run test:mutants`: puts known bugs into a copy of the kernels, one at a time, and expects a test to fail each time. `--only PATTERN` takes those
// whose file or description matches. About a quarter of an hour for all on two cores, so no part of `npm test`.
import { buildCopy, makeCopy, nativeTests, wasmCases, withMutant } from "./mutants/copy.mjs";
import { readMutants } from "./mutants/parse.mjs";
import { SetupError } from "./setup/progress.mjs";
import { findRust } from "./setup/rust.mjs";
import { orExplain, setUp } from "./setup.mjs";

/** @typedef {import("./mutants/parse.mjs").Mutant} Mutant */

await orExplain(async () => {
  await setUp({ rust: true });
  const rust = findRust();
  if (!rust) throw new SetupError("There is no Rust to build the kernels with.");
  const mutants = chosen(readMutants());
  makeCopy();
  await withoutBugs(mutants, rust);
  /** @type {string[]} */
  const survivors = [];
  for (const [i, mutant] of mutants.entries()) {
    const start = performance.now();
    const caught = await withMutant(mutant, () => trial(mutant, rust));
    if (!caught) survivors.push(`${mutant.file}: ${mutant.why}`);
    const place = mutant.file.replace(/^crates\/(kernels\/src\/)?/, "");
    console.log(`${row([`${i + 1}/${mutants.length}`, caught ?? "SURVIVES", `${seconds(start)} s`, place])}${mutant.why}`);
  }
  console.log(`\n${mutants.length - survivors.length} caught, ${survivors.length} survive`);
  for (const survivor of survivors) console.log(`✗ ${survivor}`);
  if (survivors.length > 0) process.exitCode = 1;
});

/** @param {Mutant[]} all */
function chosen(all) {
  const [option, pattern] = process.argv.slice(2);
  if (option === undefined) return all;
  if (option !== "--only" || pattern === undefined) throw new SetupError("Usage: npm run test:mutants -- [--only PATTERN]");
  const wanted = new RegExp(pattern, "i");
  const mutants = all.filter(({ file, why }) => wanted.test(`${file} ${why}`));
  if (mutants.length === 0) throw new SetupError(`No bug's file or description matches ${pattern}.`);
  return mutants;
}

/** A test that fails anyway catches nothing: all must pass on the copy as it is. @param {Mutant[]} mutants @param {import("./setup/rust.mjs").Rust} rust */
async function withoutBugs(mutants, rust) {
  for (const tests of new Set(mutants.map(({ tests }) => tests))) {
    if (tests) await mustPass(`native tests ${tests}`, nativeTests(tests, rust));
  }
  for (const workers of new Set(mutants.map(({ workers }) => workers))) {
    const kernels = new Set(mutants.filter((mutant) => mutant.workers === workers).flatMap((mutant) => mutant.kernels));
    await buildCopy(workers, rust);
    await mustPass(`wasm cases${workers ? " with workers" : ""}`, wasmCases([...kernels], workers));
  }
}

/** @param {string} what @param {Promise<{ ok: boolean, output: string }>} run */
async function mustPass(what, run) {
  const { ok, output } = await run;
  if (!ok) throw new SetupError(`${output}\nThe ${what} fail without any bug.`);
  console.log(`✓ ${what} pass without bugs`);
}

/** Which tests caught it, or null. @param {Mutant} mutant @param {import("./setup/rust.mjs").Rust} rust */
async function trial({ tests, kernels, workers }, rust) {
  if (tests && !(await nativeTests(tests, rust)).ok) return `native ${tests}`;
  await buildCopy(workers, rust);
  return (await wasmCases(kernels, workers)).ok ? null : `wasm ${kernels.join(" ")}`;
}

/** @param {number} start */
const seconds = (start) => ((performance.now() - start) / 1000).toFixed(0);

/** @param {string[]} cells */
function row(cells) {
  const widths = [7, 40, 7, 30];
  return cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("");
}

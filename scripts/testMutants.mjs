// `npm run test:mutants`: puts known bugs into a copy of the kernels, one at a time, and expects a test to fail each time. `--only PATTERN` takes those
// whose file or description matches. First the native tests; what they let pass is built for wasm, where a case is expected to fail. About a
// quarter of an hour for all on two cores, so no part of `npm test`.
import { buildCopy, makeCopy, nativeTests, wasmCases, withMutant } from "./mutants/copy.mjs";
import { readMutants } from "./mutants/parse.mjs";
import { SetupError } from "./setup/progress.mjs";
import { findRust } from "./setup/rust.mjs";
import { orExplain, setUp } from "./setup.mjs";

/** @typedef {import("./mutants/parse.mjs").Mutant} Mutant */
/** @typedef {import("./setup/rust.mjs").Rust} Rust */

await orExplain(async () => {
  await setUp({ rust: true, wasm: false });
  const rust = findRust();
  if (!rust) throw new SetupError("There is no Rust to build the kernels with.");
  const mutants = chosen(readMutants());
  makeCopy();
  const left = await natively(mutants, rust);
  const survivors = await inWasm(left, rust);
  console.log(`\n${mutants.length - survivors.length} caught, ${survivors.length} survive`);
  for (const { file, why } of survivors) console.log(`✗ ${file}: ${why}`);
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

/** Those that the native tests do not catch. @param {Mutant[]} mutants @param {Rust} rust */
async function natively(mutants, rust) {
  for (const tests of new Set(mutants.map((mutant) => mutant.tests))) {
    if (tests) await mustPass(`native tests: ${tests}`, nativeTests(tests, rust));
  }
  const left = [];
  for (const mutant of mutants) {
    const { tests } = mutant;
    const caught = tests !== null && (await tried(mutant, `native ${tests}`, async () => !(await nativeTests(tests, rust)).ok));
    if (!caught) left.push(mutant);
  }
  return left;
}

/** Those that no case in wasm catches either. @param {Mutant[]} mutants @param {Rust} rust */
async function inWasm(mutants, rust) {
  const survivors = [];
  for (const workers of [false, true]) {
    const some = mutants.filter((mutant) => mutant.workers === workers);
    if (some.length === 0) continue;
    await buildCopy(workers, rust);
    const kernels = [...new Set(some.flatMap((mutant) => mutant.kernels))];
    await mustPass(`cases in wasm${workers ? ", with workers" : ""}: ${kernels.join(" ")}`, wasmCases(kernels, workers));
    for (const mutant of some) {
      const caught = await tried(mutant, "wasm", async () => {
        await buildCopy(workers, rust);
        return !(await wasmCases(mutant.kernels, workers)).ok;
      });
      if (!caught) survivors.push(mutant);
    }
  }
  return survivors;
}

/** A test that fails anyway catches nothing. @param {string} what @param {Promise<{ ok: boolean, output: string }>} run */
async function mustPass(what, run) {
  const { ok, output } = await run;
  if (!ok) throw new SetupError(`${output}\nWithout any bug these fail: ${what}`);
  console.log(`without bugs pass: ${what}`);
}

/** One line of the table. @param {Mutant} mutant @param {string} by @param {() => Promise<boolean>} trial whether it was caught */
async function tried(mutant, by, trial) {
  const start = performance.now();
  const caught = await withMutant(mutant, trial);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  const place = mutant.file.replace(/^crates\/(kernels\/src\/)?/, "");
  const cells = [caught ? "caught" : "passes", by, `${seconds} s`, place].map((cell, i) => cell.padEnd([8, 18, 7, 28][i] ?? 0));
  console.log(`${cells.join("")}${mutant.why}`);
  return caught;
}

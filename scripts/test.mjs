// `npm test`: sets up what is missing, runs every suite, ends with one line. `npm test -- PATH` runs vitest alone, on that path.
import { orExplain, setUp } from "./setup.mjs";
import { generatedCalls, lint, rustLint, rustTests, types, vitest } from "./test/suites.mjs";

/** @typedef {import("./test/suites.mjs").Counts} Counts */

const filter = process.argv.slice(2);

/** @type {[name: string, run: () => Promise<Counts>][]} */
const SUITES = [
  ["generated calls", generatedCalls],
  ["types", types],
  ["lint", lint],
  ["Rust tests", rustTests],
  ["Rust lint", rustLint],
  ["vitest", () => vitest([])],
];

await orExplain(async () => {
  const whole = filter.length === 0;
  // The generated calls are left as they are: that they match is one of the tests.
  await setUp({ kernels: false, rust: whole });
  const total = { passed: 0, failed: 0, skipped: 0 };
  const summary = [];
  for (const [name, run] of whole ? SUITES : [/** @type {const} */ (["vitest", () => vitest(filter)])]) {
    if (whole) console.log(`\n── ${name}`);
    const start = performance.now();
    const counts = await run();
    summary.push(
      `${counts.failed > 0 ? "✗" : "✓"} ${name.padEnd(16)} ${line(counts)} · ${((performance.now() - start) / 1000).toFixed(1)} s`,
    );
    for (const key of /** @type {const} */ (["passed", "failed", "skipped"])) total[key] += counts[key];
  }
  if (whole) console.log(`\n${summary.join("\n")}\n`);
  console.log(line(total));
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
});

/** @param {Counts} counts */
function line({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

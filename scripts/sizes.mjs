// `npm run sizes`: what a page has to load, gzipped, against the budgets.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { root } from "./setup/paths.mjs";
import { VARIANTS } from "./setup/variants.mjs";
import { orExplain, setUp } from "./setup.mjs";

const WASM_BUDGET = 80_000; // bytes, each variant: a page loads one
/** What a page loads of the library, minified: only what it names, since nothing in it has side effects. */
const PAGES = [
  { name: "page: one attention", budget: 30_000, names: ["init", "randn", "causal", "MultiheadAttention"] },
  {
    name: "page: trains a classifier",
    budget: 40_000,
    names: ["init", "SequenceClassifier", "AdamW", "clipGradNorm", "crossEntropy", "scope", "sinusoidal", "batches"],
  },
  { name: "page: everything", budget: 110_000, names: ["*"] },
];

/** @param {string} name @param {Uint8Array} content @param {number} budget */
function report(name, content, budget) {
  const size = gzipSync(content, { level: 9 }).length;
  const fits = size <= budget;
  console.log(
    `${fits ? "✓" : "✗"} ${name.padEnd(26)} ${size.toLocaleString("en").padStart(7)} of ${budget.toLocaleString("en")} bytes`,
  );
  if (!fits) process.exitCode = 1;
}

/** @param {readonly string[]} names */
async function bundle(names) {
  const { build } = await import("esbuild");
  const list = names.includes("*") ? "*" : `{ ${names.join(", ")} }`;
  const { outputFiles } = await build({
    stdin: { contents: `export ${list} from "./ts/index.ts";`, resolveDir: root() },
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    external: ["node:*"],
  });
  return /** @type {Uint8Array} */ (outputFiles[0]?.contents);
}

await orExplain(async () => {
  await setUp();
  for (const { name } of VARIANTS) report(`wasm ${name}`, readFileSync(root(`wasm/${name}/fovea_bg.wasm`)), WASM_BUDGET);
  for (const { name, budget, names } of PAGES) report(name, await bundle(names), budget);
});

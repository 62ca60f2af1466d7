// `npm run sizes`: what a page has to load, gzipped, against the budgets.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { root } from "./setup/paths.mjs";
import { VARIANTS } from "./setup/variants.mjs";
import { orExplain, setUp } from "./setup.mjs";

const WASM_BUDGET = 85_000; // bytes, each variant: a page loads one
/** What a page loads of the library, minified: only what it names, since nothing in it has side effects. */
const PAGES = [
  { name: "page: one attention", budget: 30_000, names: ["init", "randn", "causal", "MultiheadAttention"] },
  {
    name: "page: trains a classifier",
    budget: 45_000,
    names: ["init", "SequenceClassifier", "AdamW", "clipGradNorm", "crossEntropy", "scope", "sinusoidal", "batches"],
  },
  { name: "page: everything", budget: 120_000, names: ["*"] },
];

/** @typedef {{ name: string, size: number, budget: number }} Size gzipped bytes */

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

/** What is measured, in the order it is printed. The wasm files must have been built. @returns {Promise<Size[]>} */
export async function sizes() {
  const gzipped = (/** @type {Uint8Array} */ content) => gzipSync(content, { level: 9 }).length;
  const variants = VARIANTS.map(({ name }) => {
    const content = readFileSync(root(`wasm/${name}/fovea_bg.wasm`));
    return { name: `wasm ${name}`, size: gzipped(content), budget: WASM_BUDGET };
  });
  const pages = PAGES.map(async ({ name, budget, names }) => ({ name, size: gzipped(await bundle(names)), budget }));
  return [...variants, ...(await Promise.all(pages))];
}

/** @param {Size} size */
function report({ name, size, budget }) {
  const fits = size <= budget;
  const figures = `${size.toLocaleString("en").padStart(7)} of ${budget.toLocaleString("en")} bytes`;
  console.log(`${fits ? "✓" : "✗"} ${name.padEnd(26)} ${figures}`);
  if (!fits) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await orExplain(async () => {
    await setUp();
    (await sizes()).forEach(report);
  });
}

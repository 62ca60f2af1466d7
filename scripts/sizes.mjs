// `npm run sizes`: what a page has to load, gzipped, against the budgets.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { root } from "./setup/paths.mjs";
import { VARIANTS } from "./setup/variants.mjs";
import { orExplain, setUp } from "./setup.mjs";

const WASM_BUDGET = 80_000; // bytes, each variant: a page loads one
const JS_BUDGET = 40_000; // bytes, everything that `import "fovea"` brings, minified

/** @param {string} name @param {Uint8Array} content @param {number} budget */
function report(name, content, budget) {
  const size = gzipSync(content, { level: 9 }).length;
  const fits = size <= budget;
  console.log(
    `${fits ? "✓" : "✗"} ${name.padEnd(22)} ${size.toLocaleString("en").padStart(7)} of ${budget.toLocaleString("en")} bytes`,
  );
  if (!fits) process.exitCode = 1;
}

async function coreBundle() {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [root("ts/index.ts")],
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
  report("JavaScript core", await coreBundle(), JS_BUDGET);
});

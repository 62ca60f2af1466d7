// crates/wasm/src/kernels.rs → ts/runtime/kernels.gen.ts. With --check: fails if the file there is not what would be written.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { emit } from "./kernels/emit.mjs";
import { parseKernels } from "./kernels/parse.mjs";

const at = (/** @type {string} */ path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
export const TARGET = "ts/runtime/kernels.gen.ts";

/** @returns {string} what kernels.gen.ts should hold */
export function generateKernels() {
  return emit(parseKernels(readFileSync(at("crates/wasm/src/kernels.rs"), "utf8")));
}

/** @returns {boolean} whether the file on disk is up to date */
export function kernelsUpToDate() {
  try {
    return readFileSync(at(TARGET), "utf8") === generateKernels();
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return false;
    throw error;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (kernelsUpToDate()) {
    console.log(`${TARGET} is up to date`);
  } else if (process.argv.includes("--check")) {
    console.error(`${TARGET} does not match crates/wasm/src/kernels.rs: run \`npm run kernels\` and commit it`);
    process.exitCode = 1;
  } else {
    writeFileSync(at(TARGET), generateKernels());
    console.log(`wrote ${TARGET}`);
  }
}

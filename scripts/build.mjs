// `npm run build`: what the package holds. The four wasm files, the generated calls, and dist/ by the TypeScript compiler.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withLock } from "./setup/lock.mjs";
import { root } from "./setup/paths.mjs";
import { SetupError, step } from "./setup/progress.mjs";
import { CommandFailed, run } from "./setup/run.mjs";
import { orExplain, setUp } from "./setup.mjs";

const STAMP = ".setup/dist.txt";

/** Everything dist/ is made of, as one hash. */
function inputs() {
  const hash = createHash("sha256");
  const files = readdirSync(root("ts"), { recursive: true, encoding: "utf8" }).filter((file) => /\.[jt]s$/.test(file));
  for (const file of [...files.sort().map((name) => `ts/${name}`), "tsconfig.json", "tsconfig.build.json", "package-lock.json"]) {
    hash.update(`\0${file}\0`).update(readFileSync(root(file)));
  }
  return hash.digest("hex");
}

const distDone = () =>
  existsSync(root("dist/index.js")) && existsSync(root(STAMP)) && readFileSync(root(STAMP), "utf8") === inputs();

/** ts/ → dist/: JavaScript, the worker's file too, and types. Does nothing if they are there already. */
export async function buildDist() {
  if (distDone()) return;
  await withLock(async () => {
    if (!distDone()) await step("dist", compile);
  });
}

/** @param {(status: string) => void} say @param {string} log */
async function compile(say, log) {
  const made = inputs();
  rmSync(root(STAMP), { force: true });
  rmSync(root("dist"), { recursive: true, force: true });
  try {
    await run(process.execPath, [root("node_modules/typescript/bin/tsc"), "-p", root("tsconfig.build.json")], { say, log });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new SetupError(`The TypeScript sources do not compile:\n${error.output}`);
  }
  writeFileSync(root(STAMP), made);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await orExplain(async () => {
    await setUp();
    await buildDist();
  });
}

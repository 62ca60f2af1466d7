// `npm run build`: what the package holds. The four wasm files, the generated calls, and dist/ by the TypeScript compiler.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { root } from "./setup/paths.mjs";
import { SetupError, step } from "./setup/progress.mjs";
import { CommandFailed, run } from "./setup/run.mjs";
import { orExplain, setUp } from "./setup.mjs";

/** ts/ → dist/: JavaScript, the worker's file too, and types. */
export async function buildDist() {
  rmSync(root("dist"), { recursive: true, force: true });
  try {
    await run(process.execPath, [root("node_modules/typescript/bin/tsc"), "-p", root("tsconfig.build.json")]);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new SetupError(`The TypeScript sources do not compile:\n${error.output}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await orExplain(async () => {
    await setUp();
    await step("dist", buildDist);
  });
}

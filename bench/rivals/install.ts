import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { root } from "../../scripts/setup/paths.mjs";
import { step } from "../../scripts/setup/progress.mjs";
import { CommandFailed, run } from "../../scripts/setup/run.mjs";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const STAMP = root(".setup/rivals.txt");

/**
 * The npm packages of this folder, as its package-lock.json has them; nothing if they are there. No install script runs: none is needed for
 * what is measured. Each package is optional, so that one that cannot be fetched does not keep the others away. Throws an `Error` if npm
 * itself fails.
 */
export async function installRivals(): Promise<void> {
  const locked = readFileSync(`${FOLDER}package-lock.json`, "utf8");
  if (existsSync(`${FOLDER}node_modules`) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === locked) return;
  rmSync(STAMP, { force: true });
  const [command, ...first] = npm();
  const args = [...first, "ci", "--no-audit", "--no-fund", "--ignore-scripts"];
  try {
    await step("the rivals' npm packages", (say, log) => run(command, args, { cwd: FOLDER, say, log }));
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new Error(`npm could not install bench/rivals: ${error.reason}`, { cause: error });
  }
  writeFileSync(STAMP, locked);
}

/** npm tells its scripts where it is: the same npm, on every platform. */
const npm = (): [string, ...string[]] => (process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ["npm"]);

/** Throws an `Error` if npm has left out a package. */
export async function expectPackage(name: string): Promise<void> {
  if (!existsSync(`${FOLDER}node_modules/${name}/package.json`)) throw new Error(`npm could not install ${name}`);
}

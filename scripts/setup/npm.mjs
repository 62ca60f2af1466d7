// The npm packages, exactly as package-lock.json has them.
import { readFileSync } from "node:fs";
import { root } from "./paths.mjs";
import { SetupError } from "./progress.mjs";
import { CommandFailed, run } from "./run.mjs";

/** @param {string} file @returns {Record<string, { version?: string, optional?: boolean }> | null} */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(root(file), "utf8")).packages;
  } catch {
    return null;
  }
}

/** Whether node_modules holds every locked version. Optional packages are for other platforms. */
export function npmDone() {
  const locked = packagesOf("package-lock.json") ?? {};
  const installed = packagesOf("node_modules/.package-lock.json"); // npm writes it last
  if (!installed) return false;
  return Object.entries(locked).every(
    ([path, { version, optional }]) => path === "" || optional || installed[path]?.version === version,
  );
}

/** @param {(status: string) => void} say @param {string} log */
export async function installNpm(say, log) {
  // npm tells its scripts where it is: the same npm, on every platform.
  const [command, ...first] = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ["npm"];
  try {
    await run(command, [...first, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], { say, log });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new SetupError(
      `The npm packages could not be installed: ${error.reason}. Check that npm reaches its registry, then run this again.`,
    );
  }
}

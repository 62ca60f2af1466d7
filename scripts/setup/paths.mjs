// Where things are: the repository's own folders, and programs on PATH.
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");

/** A path in the repository. @param {string} [path] */
export const root = (path = "") => (path ? join(ROOT, path) : ROOT);

/** Programs that the set-up installs for this repository alone. */
export const TOOLS = root(".setup/bin");

/** PATH with the repository's own tools first. */
export const toolPath = () => `${TOOLS}${delimiter}${process.env.PATH ?? ""}`;

/** The file that `name` would run, or null. @param {string} name @param {string} [path] */
export function which(name, path = process.env.PATH ?? "") {
  for (const folder of path.split(delimiter)) {
    for (const file of process.platform === "win32" ? [`${name}.exe`, `${name}.cmd`] : [name]) {
      const candidate = join(folder, file);
      if (isExecutable(candidate)) return candidate;
    }
  }
  return null;
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { root } from "../../scripts/setup/paths.mjs";

/** What an example prints, run in `cwd` as a process of its own with one thread. Rejects, with `code` and `stderr`, if it fails. */
export async function runExample(name: string, args: readonly string[], { cwd }: { cwd: string }): Promise<string> {
  const command = ["--import", import.meta.resolve("tsx"), root(`examples/${name}/main.ts`), "--threads", "1", ...args];
  const env = { ...process.env, TSX_TSCONFIG_PATH: root("tsconfig.json") };
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd, env });
  return stdout;
}

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildDist } from "../../scripts/build.mjs";
import { root } from "../../scripts/setup/paths.mjs";

const runFile = promisify(execFile);

export interface Installed {
  /** An empty project that has installed the packed package, what it depends on, and nothing else. */
  readonly folder: string;
  /** Every file in the package, sorted. */
  readonly files: string[];
  /** Runs Node there; its standard output. */
  node(...args: string[]): Promise<string>;
  /** Writes a file there. */
  write(name: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

/** Packs the package as `npm publish` would, and installs it in an empty folder, without a network. */
export async function installPacked(): Promise<Installed> {
  await buildDist();
  const folder = await mkdtemp(join(tmpdir(), "fovea-package-"));
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  const packed = await npm(root(), "pack", "--json", "--ignore-scripts", "--pack-destination", folder);
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  const needed = await npm(
    root("node_modules/fourier-transform"),
    "pack",
    "--json",
    "--ignore-scripts",
    "--pack-destination",
    folder,
  );
  const [{ filename: dependency }] = JSON.parse(needed) as [{ filename: string }];
  await write("package.json", JSON.stringify({ name: "consumer", private: true, type: "module" }));
  await npm(folder, "install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", `./${dependency}`, `./${filename}`);
  return {
    folder,
    files: files.map(({ path }) => path).sort(),
    node: async (...args) => (await runFile(process.execPath, args, { cwd: folder })).stdout,
    write,
    remove: () => rm(folder, { recursive: true }),
  };
}

async function npm(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await runFile("npm", args, { cwd, maxBuffer: 1 << 26 });
  return stdout;
}

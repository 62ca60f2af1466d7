import { existsSync } from "node:fs";
import { access, constants, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "./usageError.ts";

/** Files of a run by name. */
export type RunFiles = Readonly<Record<string, string | Uint8Array>>;

/**
 * Writes files into the run's folder so that at no moment half of something is there: a new folder appears with all of them at once,
 * and in one that exists each file is replaced whole.
 */
export async function writeRun(folder: string, files: RunFiles): Promise<void> {
  const suffix = `.${process.pid}.tmp`;
  if (existsSync(folder)) {
    for (const [name, content] of Object.entries(files)) {
      await writeWhole(join(folder, name + suffix), content);
      await rename(join(folder, name + suffix), join(folder, name));
    }
    return;
  }
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(folder + suffix);
  try {
    for (const [name, content] of Object.entries(files)) await writeWhole(join(folder + suffix, name), content);
    await rename(folder + suffix, folder);
  } catch (error) {
    await rm(folder + suffix, { recursive: true, force: true });
    throw error;
  }
}

async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(content);
    await file.sync(); // a rename must not reach the disk before the bytes
  } finally {
    await file.close();
  }
}

export async function removeFromRun(folder: string, name: string): Promise<void> {
  await rm(join(folder, name), { force: true });
}

/** A file of a run. Throws `UsageError`, ending with `missing`, if it is not there. */
export async function readFromRun(folder: string, name: string, missing: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, name));
  } catch {
    throw new UsageError(`${folder} has no ${name}: ${missing}.`);
  }
}

/** Where a run that starts now is written. Throws `UsageError` if that is not possible, before any work is done. */
export async function newRunFolder(out: string | null): Promise<string> {
  const folder = out ?? unusedName(join("runs", timestamp(new Date())));
  if (existsSync(folder)) throw new UsageError(`${folder} is there already; choose another --out, or --resume it.`);
  let parent = dirname(resolve(folder));
  while (!existsSync(parent)) parent = dirname(parent);
  const writable = (await stat(parent)).isDirectory() && (await permitted(parent));
  if (!writable) throw new UsageError(`${folder} cannot be made: ${parent} is no folder that can be written to.`);
  return folder;
}

async function permitted(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** `2026-05-09_14-30-05`, in local time. */
function timestamp(date: Date): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", "_").replaceAll(":", "-");
}

function unusedName(folder: string): string {
  for (let number = 2, name = folder; ; number++) {
    if (!existsSync(name)) return name;
    name = `${folder}-${number}`;
  }
}

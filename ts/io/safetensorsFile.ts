import { nodeModule } from "../runtime/node.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { loadSafetensors, saveSafetensors } from "./safetensors.ts";

/** Tensors of the safetensors file at `path` (Node). */
export async function loadSafetensorsFile(path: string, options?: { names?: Iterable<string> }): Promise<Map<string, Tensor>> {
  const { readFile } = await nodeModule<typeof import("node:fs/promises")>("fs/promises");
  return loadSafetensors(await readFile(path), options);
}

/**
 * Writes `path` (Node): first a file beside it, then a rename, so that at every moment `path` holds the whole old file or the
 * whole new one.
 */
export async function saveSafetensorsFile(
  path: string,
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  options?: { metadata?: Readonly<Record<string, string>> },
): Promise<void> {
  const bytes = saveSafetensors(tensors, options);
  const { open, rename, rm } = await nodeModule<typeof import("node:fs/promises")>("fs/promises");
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      await file.writeFile(bytes);
      await file.sync(); // a rename must not reach the disk before the bytes
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

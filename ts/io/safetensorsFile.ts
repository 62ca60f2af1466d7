import { nodeModule } from "../runtime/node.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { writeFileAtomic } from "./atomicFile.ts";
import { loadSafetensors, saveSafetensors } from "./safetensors.ts";

/** Tensors of the safetensors file at `path` (Node). */
export async function loadSafetensorsFile(path: string, options?: { names?: Iterable<string> }): Promise<Map<string, Tensor>> {
  const { readFile } = await nodeModule<typeof import("node:fs/promises")>("fs/promises");
  return loadSafetensors(await readFile(path), options);
}

/** Writes `path` (Node): at every moment it holds the whole old file or the whole new one. */
export async function saveSafetensorsFile(
  path: string,
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  options?: { metadata?: Readonly<Record<string, string>> },
): Promise<void> {
  await writeFileAtomic(path, saveSafetensors(tensors, options));
}

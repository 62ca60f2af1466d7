import { nodeModule } from "../runtime/node.ts";

/**
 * Writes `path` (Node): first a file beside it, then a rename, so that at every moment `path` holds the whole old file or the
 * whole new one.
 */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const { open, rename, rm } = await nodeModule<typeof import("node:fs/promises")>("fs/promises");
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      await file.writeFile(content);
      await file.sync(); // a rename must not reach the disk before the bytes
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The rename itself on the disk; where folders cannot be opened (Windows) the system sees to it. */
async function syncFolder(path: string): Promise<void> {
  const { open } = await nodeModule<typeof import("node:fs/promises")>("fs/promises");
  const { dirname } = await nodeModule<typeof import("node:path")>("path");
  const folder = await open(dirname(path), "r").catch(() => null);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

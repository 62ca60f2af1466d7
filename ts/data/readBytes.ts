import { FoveaError } from "../runtime/errors.ts";
import { nodeModule } from "../runtime/node.ts";

/** Bytes in pieces of any size, from a file, the body of a `Response`, or an array of them. */
export type ByteChunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The bytes of a file (Node), piece by piece; a name that ends in `.gz` is unpacked. Throws `DATA` for a path that cannot be read. */
export async function* readBytes(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const { createReadStream } = await nodeModule<typeof import("node:fs")>("fs");
  try {
    yield* path.endsWith(".gz") ? unpacked(createReadStream(path)) : createReadStream(path);
  } catch (error) {
    throw new FoveaError("DATA", `${path}: ${whyUnreadable(error)}`, { cause: error });
  }
}

async function* unpacked(file: NodeJS.ReadableStream): AsyncGenerator<Uint8Array, void, undefined> {
  const { createGunzip } = await nodeModule<typeof import("node:zlib")>("zlib");
  const { pipeline } = await nodeModule<typeof import("node:stream")>("stream");
  yield* pipeline(file, createGunzip(), () => {}); // an error of either reaches the reader through the last
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "this is a folder; a file is needed",
  EACCES: "reading this file is not permitted",
  Z_DATA_ERROR: "the file is not packed by gzip, or damaged",
  Z_BUF_ERROR: "the packed file ends too early",
};

function whyUnreadable(error: unknown): string {
  const { code = "", message } = error as { code?: string; message: string };
  return REASONS[code] ?? `the file cannot be read (${message})`;
}

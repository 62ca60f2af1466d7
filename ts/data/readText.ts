import { FoveaError } from "../runtime/errors.ts";

/** Text in pieces of any size, from a file, a `Response`'s decoded body, or an array of strings. */
export type TextChunks = AsyncIterable<string> | Iterable<string>;

/**
 * The text of a UTF-8 file (Node), piece by piece, without the byte order mark it may start with. Throws `DATA` for a path that
 * cannot be read and for bytes that are not UTF-8.
 */
export async function* readText(path: string): AsyncGenerator<string, void, undefined> {
  const { createReadStream } = await import("node:fs");
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const bytes of createReadStream(path)) yield decoder.decode(bytes as Uint8Array, { stream: true });
    yield decoder.decode();
  } catch (error) {
    throw new FoveaError("DATA", `${path}: ${whyUnreadable(error)}`, { cause: error });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "this is a folder; a file is needed",
  EACCES: "reading this file is not permitted",
  ERR_ENCODING_INVALID_ENCODED_DATA: "the file is not UTF-8 text",
};

function whyUnreadable(error: unknown): string {
  const { code = "", message } = error as { code?: string; message: string };
  return REASONS[code] ?? `the file cannot be read (${message})`;
}

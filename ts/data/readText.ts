import { FoveaError } from "../runtime/errors.ts";
import { readBytes } from "./readBytes.ts";

/** Text in pieces of any size, from a file, a `Response`'s decoded body, or an array of strings. */
export type TextChunks = AsyncIterable<string> | Iterable<string>;

/**
 * The text of a UTF-8 file (Node), piece by piece, without the byte order mark it may start with; a name that ends in `.gz` is unpacked. Throws
 * `DATA` for a path that cannot be read and for bytes that are not UTF-8.
 */
export async function* readText(path: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (error) {
      throw new FoveaError("DATA", `${path}: the file is not UTF-8 text`, { cause: error });
    }
  };
  for await (const bytes of readBytes(path)) yield decode(bytes);
  yield decode();
}

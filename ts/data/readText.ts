import { decodedText } from "./decodedText.ts";
import { readBytes } from "./readBytes.ts";

/**
 * The text of a UTF-8 file (Node), piece by piece, without the byte order mark it may start with; a name that ends in `.gz` is unpacked. Throws
 * `DATA` for a path that cannot be read and, naming the line, for bytes that are not UTF-8.
 */
export function readText(path: string): AsyncGenerator<string, void, undefined> {
  return decodedText(readBytes(path), path);
}

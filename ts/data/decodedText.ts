import { FoveaError } from "../runtime/errors.ts";

/** Text in pieces of any size: strings or UTF-8, from a file, the body of a `Response`, or an array of them. */
export type TextChunks = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** The text of pieces, without the byte order mark it may start with. Throws `DATA`, naming the line, for bytes that are not UTF-8. */
export async function* decodedText(chunks: TextChunks, name: string): AsyncGenerator<string, void, undefined> {
  const decoder = new Utf8Decoder(name);
  let first = true;
  for await (const chunk of chunks) {
    const text = typeof chunk === "string" ? chunk : decoder.decode(chunk);
    if (text === "") continue;
    yield first && text.startsWith("\uFEFF") ? text.slice(1) : text;
    first = false;
  }
  yield decoder.end();
}

const NEWLINE = 0x0a; // never a part of another character

class Utf8Decoder {
  readonly #name: string;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #line = 1;
  /** The bytes of a character whose end has not come yet. */
  #begun: Uint8Array = new Uint8Array(0);

  constructor(name: string) {
    this.#name = name;
  }

  decode(bytes: Uint8Array): string {
    if (!(bytes instanceof Uint8Array))
      throw new FoveaError("DATA", `${this.#name}: text must come as strings or bytes, got ${typeof bytes}`);
    const whole = joined(this.#begun, bytes);
    let text: string;
    try {
      text = this.#decoder.decode(bytes, { stream: true });
    } catch (error) {
      throw this.#error(whole, error);
    }
    for (const byte of bytes) if (byte === NEWLINE) this.#line += 1;
    this.#begun = whole.slice(whole.length - begun(whole));
    return text;
  }

  end(): string {
    try {
      return this.#decoder.decode();
    } catch (error) {
      throw this.#error(this.#begun, error);
    }
  }

  #error(bytes: Uint8Array, cause: unknown): FoveaError {
    const line = this.#line + linesBeforeError(bytes);
    return new FoveaError("DATA", `${this.#name}:${line}: the file is not UTF-8 text`, { cause });
  }
}

/** How many bytes at the end begin a character without finishing it. */
function begun(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

function linesBeforeError(bytes: Uint8Array): number {
  const strict = new TextDecoder("utf-8", { fatal: true });
  for (let line = 0, start = 0; ; line += 1) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end < 0) return line;
    try {
      strict.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end + 1;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

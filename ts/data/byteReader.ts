import { FoveaError } from "../runtime/errors.ts";
import type { ByteChunks } from "./readBytes.ts";

const PIECE = 2 ** 24; // bytes: a file that says it has more than it has must not make us allocate that

/** Takes as many bytes from a stream as a format asks for, and says in messages where it is. */
export class ByteReader {
  readonly #name: string;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(chunks: ByteChunks, name: string) {
    this.#name = name;
    this.#chunks = iterate(chunks);
  }

  /** How many bytes have been taken. */
  get position(): number {
    return this.#position;
  }

  /** Exactly `count` bytes, in a buffer of their own. Throws `DATA` if the stream ends before; `what` says what they are. */
  async take(count: number, what: string): Promise<DataView<ArrayBuffer>> {
    const pieces: Uint8Array[] = [];
    let got = 0;
    while (got < count) {
      const piece = await this.takeUpTo(Math.min(count - got, PIECE));
      pieces.push(new Uint8Array(piece.buffer, 0, piece.byteLength));
      got += piece.byteLength;
      if (piece.byteLength === 0) throw this.error(`the file ends inside ${what}: ${count} bytes are needed, got ${got}`);
    }
    if (pieces.length === 1) return new DataView(pieces[0]!.buffer as ArrayBuffer, 0, count);
    const bytes = new Uint8Array(count);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return new DataView(bytes.buffer);
  }

  /** Up to `count` bytes; fewer only at the end. */
  async takeUpTo(count: number): Promise<DataView<ArrayBuffer>> {
    const bytes = new Uint8Array(count);
    const got = await this.#fill(bytes);
    return new DataView(bytes.buffer, 0, got);
  }

  /** Passes over bytes; fewer if there are no more. */
  async skip(count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      const { byteLength } = await this.takeUpTo(Math.min(left, 65_536));
      if (byteLength === 0) return;
      left -= byteLength;
    }
  }

  /** Lets the source go. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** A `DATA` error about what was just taken, or what stands `back` bytes before. */
  error(problem: string, back = 0): FoveaError {
    return new FoveaError("DATA", `${this.#name}: byte ${this.#position - back}: ${problem}`);
  }

  async #fill(bytes: Uint8Array): Promise<number> {
    let got = 0;
    while (got < bytes.length) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#chunks.next();
        if (done) break;
        this.#rest = value;
        continue;
      }
      const part = this.#rest.subarray(0, bytes.length - got);
      bytes.set(part, got);
      got += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    this.#position += got;
    return got;
  }
}

async function* iterate(chunks: ByteChunks): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}

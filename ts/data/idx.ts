import { ByteReader } from "./byteReader.ts";
import { type ByteChunks, readBytes } from "./readBytes.ts";
import type { SourceName } from "./table.ts";

/** One item along the first axis of an IDX file: an image, or a label. */
export interface IdxItem {
  /** From 0. */
  readonly index: number;
  /** Of the item: `[28, 28]`; `[]` for a label. */
  readonly shape: readonly number[];
  /** Row by row. */
  readonly values: IdxValues;
}

export type IdxValues = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

interface Kind {
  readonly bytes: number;
  make(length: number): IdxValues;
  get(view: DataView, at: number): number;
}

/** By the third byte of the file. Numbers are big-endian. */
const KINDS: Readonly<Record<number, Kind>> = {
  8: { bytes: 1, make: (length) => new Uint8Array(length), get: (view, at) => view.getUint8(at) },
  9: { bytes: 1, make: (length) => new Int8Array(length), get: (view, at) => view.getInt8(at) },
  11: { bytes: 2, make: (length) => new Int16Array(length), get: (view, at) => view.getInt16(at) },
  12: { bytes: 4, make: (length) => new Int32Array(length), get: (view, at) => view.getInt32(at) },
  13: { bytes: 4, make: (length) => new Float32Array(length), get: (view, at) => view.getFloat32(at) },
  14: { bytes: 8, make: (length) => new Float64Array(length), get: (view, at) => view.getFloat64(at) },
};

/** The items of an IDX file (Node), one by one; `.gz` is unpacked. Throws `DATA` as `idxItems` does. */
export function readIdx(path: string): AsyncGenerator<IdxItem, void, undefined> {
  return idxItems(readBytes(path), { name: path });
}

/**
 * The items of an IDX file, the format of MNIST, one by one as they arrive. Throws `DATA`, naming the byte, for another magic number, a size that
 * is not there, and bytes after the last item.
 */
export async function* idxItems(chunks: ByteChunks, { name = "idx" }: SourceName = {}): AsyncGenerator<IdxItem, void, undefined> {
  const reader = new ByteReader(chunks, name);
  try {
    const { kind, count, shape } = await header(reader);
    const length = shape.reduce((product, size) => product * size, 1);
    for (let index = 0; index < count; index += 1) {
      const view = await reader.take(length * kind.bytes, `item ${index} of ${count}`);
      const values = kind.make(length);
      for (let i = 0; i < length; i += 1) values[i] = kind.get(view, i * kind.bytes);
      yield { index, shape, values };
    }
    if ((await reader.takeUpTo(1)).byteLength > 0)
      throw reader.error(`the file must end after item ${count - 1}, and goes on`, 1);
  } finally {
    await reader.close();
  }
}

async function header(reader: ByteReader): Promise<{ kind: Kind; count: number; shape: number[] }> {
  const magic = await reader.take(4, "the magic number");
  const kind = KINDS[magic.getUint8(2)];
  const axes = magic.getUint8(3);
  if (magic.getUint16(0) !== 0 || kind === undefined || axes === 0)
    throw reader.error(
      `an IDX file starts with 0, 0, the type and the number of axes, got ${[0, 1, 2, 3].map((i) => magic.getUint8(i)).join(", ")}`,
      4,
    );
  const sizes = await reader.take(4 * axes, "the sizes");
  const [count = 0, ...shape] = Array.from({ length: axes }, (_, axis) => sizes.getUint32(4 * axis));
  return { kind, count, shape };
}

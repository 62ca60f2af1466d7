import { readFileSync } from "node:fs";

/** A message by its fields' numbers: each as often as it is there. */
export type Fields = Map<number, (number | Uint8Array)[]>;

/** The events of a file, each record's checks done the slow way. */
export function readEvents(path: string): Fields[] {
  const bytes = readFileSync(path);
  const events: Fields[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expectCheck(bytes.subarray(at, at + 8), bytes.readUInt32LE(at + 8));
    expectCheck(data, bytes.readUInt32LE(at + 12 + length));
    events.push(fieldsOf(data));
    at += 12 + length + 4;
  }
  return events;
}

function expectCheck(data: Uint8Array, stored: number): void {
  const turned = (stored - 0xa282ead8) >>> 0;
  const unmasked = ((turned >>> 17) | (turned << 15)) >>> 0;
  if (unmasked !== remainder(data, 0x82f63b78)) throw new Error(`a record's check is ${unmasked}`);
}

/** Bit by bit, as the definition has it. */
export function remainder(data: Uint8Array, polynomial: number): number {
  let rest = 0xffffffff;
  for (const byte of data) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = (rest >>> 1) ^ (rest & 1 ? polynomial : 0);
  }
  return ~rest >>> 0;
}

export function fieldsOf(data: Uint8Array): Fields {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = data[at++]!;
      value += (byte & 127) * place;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): number => {
    at += length;
    return at - length;
  };
  while (at < data.length) {
    const key = varint();
    const kind = key & 7;
    const read: Record<number, () => number | Uint8Array> = {
      0: varint,
      1: () => view.getFloat64(take(8), true),
      2: () => {
        const length = varint();
        return data.subarray(at, take(length) + length);
      },
      5: () => view.getFloat32(take(4), true),
    };
    const values = fields.get(key >> 3) ?? [];
    fields.set(key >> 3, [...values, read[kind]!()]);
  }
  return fields;
}

export const textOf = (value: number | Uint8Array | undefined): string => new TextDecoder().decode(value as Uint8Array);

export function doublesOf(value: number | Uint8Array | undefined): number[] {
  const bytes = Buffer.from(value as Uint8Array);
  return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i));
}

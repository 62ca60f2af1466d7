import { joined } from "./joined.ts";

// The wire format of protocol buffers as far as event files need it: five kinds of field take less room than a schema for a library would.

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** A message is its fields one after the other. */
export const message = (...fields: readonly Uint8Array[]): Uint8Array => joined(fields);

/** `value`: a whole number from 0 to 2⁵³. */
export function varint(field: number, value: number): Uint8Array {
  return Uint8Array.from([...digits(key(field, VARINT)), ...digits(value)]);
}

export function double(field: number, value: number): Uint8Array {
  return message(Uint8Array.from(digits(key(field, FIXED64))), doubleBytes([value]));
}

export function float(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return message(Uint8Array.from(digits(key(field, FIXED32))), bytes);
}

/** A string, bytes, or a message within the message. */
export function bytes(field: number, value: string | Uint8Array): Uint8Array {
  const content = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return message(Uint8Array.from([...digits(key(field, BYTES)), ...digits(content.length)]), content);
}

/** A repeated double, packed. */
export function doubles(field: number, values: readonly number[]): Uint8Array {
  return bytes(field, doubleBytes(values));
}

const key = (field: number, kind: number): number => field * 8 + kind;

/** To the base 128, lowest first, the highest bit set where more follow. */
function digits(value: number): number[] {
  const all: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) all.push((rest % 128) + 128);
  return [...all, rest];
}

function doubleBytes(values: readonly number[]): Uint8Array {
  const content = new Uint8Array(8 * values.length);
  const view = new DataView(content.buffer);
  values.forEach((value, i) => {
    view.setFloat64(8 * i, value, true);
  });
  return content;
}

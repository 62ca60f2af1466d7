// The checks of a generated kernel call. Together they are the guard that every `SAFETY:` note in crates/wasm names: a buffer is
// alive, aligned, of the right type and exactly as long as Rust will assume, and nothing else overlaps what is written.
// Each check is one comparison chain; texts are only built once it has failed.

import type { Buffer, DType } from "./buffer.ts";
import { FoveaError } from "./errors.ts";

/** The dims that a length is made of. */
export type Dims<K extends string> = { [name in K]: number };

export const divCeil = (a: number, b: number): number => Math.ceil(a / b);
export const roundUp = (a: number, to: number): number => Math.ceil(a / to) * to;

/** Sizes: whole numbers from 0 to 2³² − 1. */
export function dims<K extends string>(kernel: string, args: { readonly [name in K]: number }, names: readonly K[]): void {
  for (const name of names) {
    const value = args[name];
    if (value >>> 0 !== value) refuseNumber(kernel, name, value, "must be a whole number of at least 0");
  }
}

/** Signed 32-bit whole numbers. */
export function ints<K extends string>(kernel: string, args: { readonly [name in K]: number }, names: readonly K[]): void {
  for (const name of names) {
    const value = args[name];
    if ((value | 0) !== value) refuseNumber(kernel, name, value, "must be a 32-bit whole number");
  }
}

export function float32(kernel: string, name: string, buffer: Buffer, length: number, rule: string): number {
  const { ptr } = buffer;
  if (!buffer.alive || buffer.dtype !== "float32" || buffer.length !== length || (ptr & 3) !== 0) {
    refuseBuffer(kernel, name, buffer, "float32", length, rule);
  }
  return ptr;
}

export function int32(kernel: string, name: string, buffer: Buffer, length: number, rule: string): number {
  const { ptr } = buffer;
  if (!buffer.alive || buffer.dtype !== "int32" || buffer.length !== length || (ptr & 3) !== 0) {
    refuseBuffer(kernel, name, buffer, "int32", length, rule);
  }
  return ptr;
}

export function bool(kernel: string, name: string, buffer: Buffer, length: number, rule: string): number {
  if (!buffer.alive || buffer.dtype !== "bool" || buffer.length !== length) {
    refuseBuffer(kernel, name, buffer, "bool", length, rule);
  }
  return buffer.ptr;
}

/** The bytes of each buffer in `written` must not be among those of another, or of one in `read`. */
export function apart<K extends string>(
  kernel: string,
  args: { readonly [name in K]?: Buffer | null | undefined },
  written: readonly K[],
  read: readonly K[],
): void {
  for (let i = 0; i < written.length; i++) {
    const buffer = args[written[i]!];
    if (buffer == null) continue;
    for (let j = 0; j < i; j++) refuseOverlap(kernel, written[i]!, buffer, written[j]!, args[written[j]!]);
    for (const name of read) refuseOverlap(kernel, written[i]!, buffer, name, args[name]);
  }
}

function refuseOverlap(kernel: string, name: string, written: Buffer, otherName: string, other: Buffer | null | undefined): void {
  if (other == null) return;
  if (written.ptr < other.ptr + bytes(other) && other.ptr < written.ptr + bytes(written)) {
    throw new FoveaError(
      "ALIAS",
      `${kernel}: ${name} is written and must not share memory with ${otherName}; pass a buffer of its own`,
    );
  }
}

const bytes = (buffer: Buffer): number => (buffer.dtype === "bool" ? buffer.length : buffer.length * 4);

function refuseNumber(kernel: string, name: string, value: number, rule: string): never {
  throw new FoveaError("RANGE", `${kernel}: ${name} ${rule}, got ${value}`);
}

function refuseBuffer(kernel: string, name: string, buffer: Buffer, dtype: DType, length: number, rule: string): never {
  if (!buffer.alive) throw new FoveaError("DISPOSED", `${kernel}: ${name} was disposed; keepAlive() what outlives its scope`);
  if (buffer.dtype !== dtype) throw new FoveaError("DTYPE", `${kernel}: ${name} must be ${dtype}, got ${buffer.dtype}`);
  if (buffer.length !== length) {
    const value = rule === String(length) ? "" : ` = ${length}`;
    throw new FoveaError("SHAPE", `${kernel}: ${name} has ${buffer.length} elements, expected ${rule}${value}`);
  }
  throw new FoveaError("RANGE", `${kernel}: ${name} must start at a multiple of 4 bytes, got ${buffer.ptr}`);
}

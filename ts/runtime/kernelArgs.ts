// The checks of a generated kernel call. Together they are the guard that every `SAFETY:` note in crates/wasm names: a buffer is
// alive, aligned, of the right type and exactly as long as Rust will assume, and nothing else overlaps what is written.
// Each check is one comparison chain; texts are only built once it has failed.

import type { Buffer, DType } from "./buffer.ts";
import { FoveaError } from "./errors.ts";

/** The dims that a length is made of. */
export type Dims<K extends string> = { [name in K]: number };

export const divCeil = (a: number, b: number): number => Math.ceil(a / b);
export const roundUp = (a: number, to: number): number => Math.ceil(a / to) * to;

/** Bytes of `elements` floats, rounded up to a cache line so that the next part of the region starts on one. */
export const scratchBytes = (elements: number): number => Math.ceil(elements / 16) * 64;

/** A size: a whole number from 0 to 2³² − 1. */
export function dim(kernel: string, name: string, value: number): number {
  if (value >>> 0 !== value) refuseNumber(kernel, name, value, "must be a whole number of at least 0");
  return value;
}

/** A signed 32-bit whole number. */
export function int(kernel: string, name: string, value: number): number {
  if ((value | 0) !== value) refuseNumber(kernel, name, value, "must be a 32-bit whole number");
  return value;
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

/** The bytes of `written` must not be among those of `other`. */
export function apart(
  kernel: string,
  name: string,
  written: Buffer | null | undefined,
  otherName: string,
  other: Buffer | null | undefined,
): void {
  if (written == null || other == null) return;
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

import type { KernelArgs } from "../runtime/kernels.gen.ts";

/**
 * Float64Array gives the truth. Float32Array gives what the same plain loops cost in float32: arrays round when they are written, and
 * sums are rounded at each step by `roundingOf`. The difference of the two is the error we allow a kernel to double.
 */
export type Floats = Float32Array | Float64Array;

/** The arguments of every kernel, as the reference takes them. */
export type Args = KernelArgs<Floats, Int32Array, Uint8Array>;

const exact = (value: number): number => value;

/** What a scalar goes through where `like` would have rounded it. */
export const roundingOf = (like: Floats): ((value: number) => number) => (like instanceof Float32Array ? Math.fround : exact);

/** Temporary values, as precise as `like`. */
export const temporary = (like: Floats, length: number): Floats =>
  like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);

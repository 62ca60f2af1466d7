/** Element types: four bytes, four bytes, and one byte that is 0 or 1. */
export type DType = "float32" | "int32" | "bool";

/** The typed array that shows a dtype's elements. */
export type TypedArray = Float32Array | Int32Array | Uint8Array;

/** Elements in wasm memory, as a kernel takes them. `Tensor` implements it. */
export interface Buffer {
  /** Address of the first element, in bytes: a multiple of the element's size, never 0. May be above 2 ** 31. */
  readonly ptr: number;
  /** How many elements. */
  readonly length: number;
  readonly dtype: DType;
  /** False once freed; a kernel refuses it then. */
  readonly alive: boolean;
}

/** Bytes per element. */
export const BYTES: Readonly<Record<DType, number>> = { float32: 4, int32: 4, bool: 1 };

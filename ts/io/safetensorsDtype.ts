import { FoveaError } from "../runtime/errors.ts";

/** Bits an element takes, for every dtype the format knows. */
export const DTYPE_BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type SafetensorsDtype = keyof typeof DTYPE_BITS;

/** What `decode` gives: exact for every dtype; the 16-bit floats widened. */
export type SafetensorsValues =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

export function isKnownDtype(name: string): name is SafetensorsDtype {
  return Object.hasOwn(DTYPE_BITS, name);
}

/** The values of a tensor's `bytes`, without loss. Throws `DTYPE_UNSUPPORTED` for 4-, 6- and 8-bit floats and complex numbers. */
export function decode(name: string, dtype: SafetensorsDtype, bytes: Uint8Array): SafetensorsValues {
  if (dtype === "U8" || dtype === "BOOL") return bytes;
  const { buffer, byteOffset, byteLength } = aligned(bytes, DTYPE_BITS[dtype] / 8);
  switch (dtype) {
    case "F64":
      return new Float64Array(buffer, byteOffset, byteLength / 8);
    case "F32":
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case "F16":
      return Float32Array.from(new Uint16Array(buffer, byteOffset, byteLength / 2), halfToFloat);
    case "BF16":
      return bfloatToFloat(new Uint16Array(buffer, byteOffset, byteLength / 2));
    case "I64":
      return new BigInt64Array(buffer, byteOffset, byteLength / 8);
    case "U64":
      return new BigUint64Array(buffer, byteOffset, byteLength / 8);
    case "I32":
      return new Int32Array(buffer, byteOffset, byteLength / 4);
    case "U32":
      return new Uint32Array(buffer, byteOffset, byteLength / 4);
    case "I16":
      return new Int16Array(buffer, byteOffset, byteLength / 2);
    case "U16":
      return new Uint16Array(buffer, byteOffset, byteLength / 2);
    case "I8":
      return new Int8Array(buffer, byteOffset, byteLength);
    default:
      throw new FoveaError(
        "DTYPE_UNSUPPORTED",
        `loadSafetensors: ${JSON.stringify(name)} is ${dtype}, which this library does not read`,
      );
  }
}

/** The format allows any offset; a typed array does not. */
function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes);
}

/** IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 is the upper half of a float32. */
function bfloatToFloat(halves: Uint16Array): Float32Array {
  const bits = Uint32Array.from(halves, (half) => half << 16);
  return new Float32Array(bits.buffer);
}

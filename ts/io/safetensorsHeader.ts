import { FoveaError } from "../runtime/errors.ts";
import { duplicateKey, HeaderScanner, type Json, type JsonNumber } from "./headerScanner.ts";
import { DTYPE_BITS, isKnownDtype, type SafetensorsDtype } from "./safetensorsDtype.ts";

/** One tensor of the header; `begin` and `end` count bytes from the start of the data. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: Map<string, string>;
  readonly entries: HeaderEntry[];
}

/** The format's own limit on the header's length, in bytes. */
export const MAX_HEADER = 100_000_000;
// Bounds of the format's JSON schema and of common sense: NumPy stops at 64 dimensions.
const MAX_DIM = 2 ** 48;
const MAX_RANK = 64;
const U64_END = 2n ** 64n;
const WHOLE = /^\d{1,20}$/; // as many digits as a u64 can have: a million would take BigInt for ever

/**
 * Reads and checks the header of a file whose data are `dataLength` bytes; every entry it returns lies inside the data, and they
 * touch.
 */
export function parseHeader(text: string, dataLength: number): Header {
  const scanner = new HeaderScanner(text);
  const metadata = new Map<string, string>();
  const entries: HeaderEntry[] = [];
  scanner.object("the header", (name) => {
    if (name === "__metadata__") readMetadata(scanner, metadata);
    else entries.push(readEntry(scanner, name));
  });
  scanner.end();
  checkCoverage(entries, dataLength);
  return { metadata, entries };
}

function readMetadata(scanner: HeaderScanner, metadata: Map<string, string>): void {
  if (!scanner.isAt("{")) {
    scanner.value();
    throw new FoveaError("METADATA", "loadSafetensors: __metadata__ must be an object of strings");
  }
  scanner.object("__metadata__", (key) => {
    const value = scanner.value();
    if (typeof value !== "string")
      throw new FoveaError(
        "METADATA",
        `loadSafetensors: __metadata__ must hold strings, got ${describe(value)} for ${JSON.stringify(key)}`,
      );
    metadata.set(key, value);
  });
}

function readEntry(scanner: HeaderScanner, name: string): HeaderEntry {
  if (!scanner.isAt("{")) throw fieldError(name, `must be an object, got ${describe(scanner.value())}`);
  let dtype: Json | undefined;
  let shape: Json | undefined;
  let offsets: Json | undefined;
  scanner.members((field) => {
    const before = field === "dtype" ? dtype : field === "shape" ? shape : offsets;
    const value = scanner.value();
    if (field === "dtype") dtype = value;
    else if (field === "shape") shape = value;
    else if (field === "data_offsets") offsets = value;
    else throw fieldError(name, `has the unknown field ${JSON.stringify(field)}`);
    if (before !== undefined) throw duplicateKey(`the entry of ${JSON.stringify(name)}`, field);
  });
  if (dtype === undefined || shape === undefined || offsets === undefined)
    throw fieldError(name, "needs dtype, shape and data_offsets");
  return checkEntry(name, dtype, shape, offsets);
}

function checkEntry(name: string, dtype: Json, shape: Json, offsets: Json): HeaderEntry {
  if (typeof dtype !== "string" || !isKnownDtype(dtype))
    throw new FoveaError("DTYPE_UNKNOWN", `loadSafetensors: ${JSON.stringify(name)} has the unknown dtype ${describe(dtype)}`);
  const bits = DTYPE_BITS[dtype];
  const { dims, count } = readShape(name, shape, bits);
  const [begin, end] = readOffsets(name, offsets);
  if ((count * bits) % 8 !== 0)
    throw new FoveaError("MISALIGNED", `loadSafetensors: ${JSON.stringify(name)} [${dims}] of ${dtype} does not end on a byte`);
  const bytes = (count * bits) / 8;
  if (bytes !== end - begin) {
    // A product that only fits after wrapping round in 32 bits is an attack, not a slip.
    const code = bytes >= 2 ** 32 ? "SIZE_OVERFLOW" : "SIZE_MISMATCH";
    throw new FoveaError(
      code,
      `loadSafetensors: ${JSON.stringify(name)} [${dims}] of ${dtype} takes ${bytes} bytes, data_offsets span ${end - begin}`,
    );
  }
  return { name, dtype, shape: dims, begin, end };
}

function readShape(name: string, shape: Json, bits: number): { dims: number[]; count: number } {
  if (!Array.isArray(shape)) throw shapeError(name, `must be an array, got ${describe(shape)}`);
  if (shape.length > MAX_RANK) throw shapeError(name, `has ${shape.length} dimensions, at most ${MAX_RANK} are read`);
  const dims = shape.map((dim) => readDim(name, dim));
  let count = 1;
  for (const dim of dims) count *= dim;
  // In doubles a product that was beyond 2^53 on its way may be wrong, or 0; such a shape is worked out exactly.
  if (dims.some((dim) => dim > MAX_DIM) || count * bits > Number.MAX_SAFE_INTEGER || count === 0)
    checkExactly(name, shape as JsonNumber[], bits);
  return { dims, count };
}

/** The rules that doubles cannot decide. */
function checkExactly(name: string, shape: readonly JsonNumber[], bits: number): void {
  let product = 1n;
  for (const { text } of shape) {
    product *= BigInt(text);
    if (product * BigInt(bits) >= U64_END * 8n)
      throw new FoveaError(
        "SIZE_OVERFLOW",
        `loadSafetensors: the size of ${JSON.stringify(name)} ${describe([...shape])} overflows 64 bits`,
      );
  }
  const large = shape.find(({ text }) => BigInt(text) > MAX_DIM);
  if (large) throw shapeError(name, `has the dimension ${large.text}, the format stops at 2^48`);
}

function readDim(name: string, dim: Json): number {
  if (isNumber(dim) && WHOLE.test(dim.text) && (dim.text.length < 20 || BigInt(dim.text) < U64_END)) return Number(dim.text);
  throw shapeError(name, `must hold whole numbers, got ${describe(dim)}`);
}

function readOffsets(name: string, offsets: Json): [number, number] {
  const numbers = Array.isArray(offsets)
    ? offsets.map((item) => (isNumber(item) && WHOLE.test(item.text) ? Number(item.text) : Number.NaN))
    : [];
  const [begin, end] = numbers;
  const valid = numbers.length === 2 && Number.isSafeInteger(begin) && Number.isSafeInteger(end) && begin! <= end!;
  if (!valid)
    throw new FoveaError(
      "OFFSETS",
      `loadSafetensors: ${JSON.stringify(name)} needs data_offsets [begin, end] with begin ≤ end, got ${describe(offsets)}`,
    );
  return [begin!, end!];
}

/** In the order of their offsets the tensors start at 0, touch and end at the end of the file: nothing hides between them. */
function checkCoverage(entries: readonly HeaderEntry[], dataLength: number): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered)
      throw new FoveaError(
        "NOT_CONTIGUOUS",
        `loadSafetensors: ${JSON.stringify(name)} begins at byte ${begin}, the tensor before it ends at ${covered}`,
      );
    if (end > dataLength)
      throw new FoveaError(
        "DATA_TRUNCATED",
        `loadSafetensors: ${JSON.stringify(name)} ends at byte ${end}, the file has ${dataLength} bytes of data`,
      );
    covered = end;
  }
  if (covered !== dataLength)
    throw new FoveaError("NOT_CONTIGUOUS", `loadSafetensors: ${dataLength - covered} bytes follow the last tensor`);
}

function isNumber(value: Json): value is JsonNumber {
  return typeof value === "object" && value !== null && "text" in value;
}

function describe(value: Json): string {
  if (isNumber(value)) return value.text;
  if (Array.isArray(value)) return `[${value.slice(0, 4).map(describe).join(", ")}${value.length > 4 ? ", …" : ""}]`;
  return value instanceof Map ? "an object" : JSON.stringify(value);
}

function fieldError(name: string, rule: string): FoveaError {
  return new FoveaError("TENSOR_FIELD", `loadSafetensors: the entry of ${JSON.stringify(name)} ${rule}`);
}

function shapeError(name: string, rule: string): FoveaError {
  return new FoveaError("SHAPE", `loadSafetensors: the shape of ${JSON.stringify(name)} ${rule}`);
}

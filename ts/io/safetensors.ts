import { FoveaError } from "../runtime/errors.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { decode, type SafetensorsDtype, type SafetensorsValues } from "./safetensorsDtype.ts";
import { MAX_HEADER, parseHeader } from "./safetensorsHeader.ts";

/** One tensor of a file: its description, and its values when asked for. */
export interface SafetensorsEntry {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /**
   * The values without loss; F16 and BF16 come as float32. Throws `DTYPE_UNSUPPORTED` for 4-, 6- and 8-bit floats and complex
   * numbers.
   */
  values(): SafetensorsValues;
}

export interface SafetensorsFile {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of the header. A map, so that a tensor named `__proto__` is only a tensor. */
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
}

const LENGTH_BYTES = 8;

/**
 * Reads the description of a safetensors file and checks all of it; no tensor is made, so no wasm is needed.
 *
 * Throws `HEADER_TOO_SHORT`, `HEADER_TOO_LARGE`, `HEADER_TRUNCATED`, `HEADER_UTF8`, `HEADER_JSON`, `DUPLICATE_KEY`, `METADATA`,
 * `TENSOR_FIELD`, `DTYPE_UNKNOWN`, `SHAPE`, `SIZE_OVERFLOW`, `OFFSETS`, `MISALIGNED`, `SIZE_MISMATCH`, `DATA_TRUNCATED` or
 * `NOT_CONTIGUOUS`. Nothing is allocated from a number the file states.
 */
export function parseSafetensors(bytes: Uint8Array): SafetensorsFile {
  const headerLength = readHeaderLength(bytes);
  const data = bytes.subarray(LENGTH_BYTES + headerLength);
  const header = parseHeader(readHeaderText(bytes, headerLength), data.length);
  const tensors = new Map<string, SafetensorsEntry>();
  for (const { name, dtype, shape, begin, end } of header.entries)
    tensors.set(name, { dtype, shape, values: () => decode(name, dtype, data.subarray(begin, end)) });
  return { metadata: header.metadata, tensors };
}

/**
 * Tensors of a safetensors file, by name: `model.loadStateDict(loadSafetensors(bytes))`. Floats become float32 (F64 is rounded),
 * integers int32 (one that does not fit throws `RANGE`), BOOL stays bool. `names` picks some. Throws as `parseSafetensors` does,
 * then `DTYPE_UNSUPPORTED`.
 */
export function loadSafetensors(bytes: Uint8Array, { names }: { names?: Iterable<string> } = {}): Map<string, Tensor> {
  const file = parseSafetensors(bytes);
  const tensors = new Map<string, Tensor>();
  try {
    for (const name of names ?? file.tensors.keys()) {
      const entry = file.tensors.get(name);
      if (entry === undefined) throw new FoveaError("STATE", `loadSafetensors: the file has no tensor ${JSON.stringify(name)}`);
      tensors.set(name, toTensor(name, entry));
    }
  } catch (error) {
    for (const tensor of tensors.values()) tensor.dispose();
    throw error;
  }
  return tensors;
}

/**
 * Tensors to bytes that PyTorch's and every other safetensors reader takes; `metadata` is kept in the header. A tensor of several
 * names, a shared parameter, is written once, under the first; the metadata says of the others which that is, as safetensors' own
 * `save_model` does, and `loadStateDict` finds its way back.
 */
export function saveSafetensors(
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  { metadata = {} }: { metadata?: Readonly<Record<string, string>> } = {},
): Uint8Array<ArrayBuffer> {
  const { written, shared } = shareOut(tensors instanceof Map ? [...tensors] : Object.entries(tensors));
  const entries = sortForAlignment(written);
  const header = encodeHeader(entries, { ...shared, ...metadata });
  const dataLength = entries.reduce((sum, [, tensor]) => sum + tensor.view().byteLength, 0);
  const bytes = new Uint8Array(LENGTH_BYTES + header.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, LENGTH_BYTES);
  let at = LENGTH_BYTES + header.length;
  for (const [, tensor] of entries) {
    const { buffer, byteOffset, byteLength } = tensor.view();
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return bytes;
}

function readHeaderLength(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_BYTES)
    throw new FoveaError(
      "HEADER_TOO_SHORT",
      `loadSafetensors: a file starts with 8 bytes of header length, got ${bytes.length} in all`,
    );
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER))
    throw new FoveaError(
      "HEADER_TOO_LARGE",
      `loadSafetensors: the header says it has ${length} bytes, the format allows ${MAX_HEADER}`,
    );
  if (length < 2n) throw new FoveaError("HEADER_TOO_SHORT", `loadSafetensors: a header has at least 2 bytes, got ${length}`);
  if (Number(length) > bytes.length - LENGTH_BYTES)
    throw new FoveaError(
      "HEADER_TRUNCATED",
      `loadSafetensors: the header says it has ${length} bytes, ${bytes.length - LENGTH_BYTES} follow`,
    );
  return Number(length);
}

function readHeaderText(bytes: Uint8Array, length: number): string {
  const header = bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
  let text: string;
  try {
    // A browser's decoder refuses shared memory: those bytes are copied first.
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      header.buffer instanceof ArrayBuffer ? header : header.slice(),
    );
  } catch {
    throw new FoveaError("HEADER_UTF8", "loadSafetensors: the header is not UTF-8");
  }
  if (text.startsWith("\uFEFF")) throw new FoveaError("HEADER_UTF8", "loadSafetensors: the header starts with a byte order mark");
  if (!text.startsWith("{")) throw new FoveaError("HEADER_JSON", "loadSafetensors: the header must start with {");
  return text;
}

function toTensor(name: string, { dtype, shape, values }: SafetensorsEntry): Tensor {
  const source = values();
  if (dtype === "BOOL")
    return filled(
      empty(shape, "bool"),
      Uint8Array.from(source as Uint8Array, (byte) => Math.min(byte, 1)),
    );
  if (source instanceof Float32Array || source instanceof Float64Array) return filled(empty(shape), source);
  return filled(empty(shape, "int32"), toInt32(name, source));
}

function filled(tensor: Tensor, values: ArrayLike<number>): Tensor {
  tensor.view().set(values);
  return tensor;
}

/** Throws `RANGE`, before there is a tensor, for an integer that does not fit. */
function toInt32(name: string, values: Exclude<SafetensorsValues, Float32Array | Float64Array>): ArrayLike<number> {
  const fits =
    values instanceof BigInt64Array || values instanceof BigUint64Array
      ? values.every((value: bigint) => BigInt.asIntN(32, value) === value)
      : !(values instanceof Uint32Array) || values.every((value) => value < 2 ** 31);
  if (!fits)
    throw new FoveaError(
      "RANGE",
      `loadSafetensors: ${JSON.stringify(name)} holds integers beyond 32 bits; read them with parseSafetensors(bytes)`,
    );
  return values instanceof BigInt64Array || values instanceof BigUint64Array
    ? Int32Array.from(values as BigInt64Array, Number)
    : values;
}

/** Each tensor once, and for each further name the one it is written under. */
function shareOut(entries: readonly [string, Tensor][]): { written: [string, Tensor][]; shared: Record<string, string> } {
  const first = new Map<Tensor, string>();
  const shared: [string, string][] = [];
  for (const [name, tensor] of entries) {
    const kept = first.get(tensor);
    if (kept === undefined) first.set(tensor, name);
    else shared.push([name, kept]);
  }
  return { written: [...first].map(([tensor, name]) => [name, tensor]), shared: Object.fromEntries(shared) };
}

const FILE_DTYPE = { float32: "F32", int32: "I32", bool: "BOOL" } as const;
const BYTE_ORDER = ["float32", "int32", "bool"] as const; // widest first keeps every tensor aligned, as the reference writer does

function sortForAlignment(entries: [string, Tensor][]): [string, Tensor][] {
  return entries.sort(
    ([nameA, a], [nameB, b]) => BYTE_ORDER.indexOf(a.dtype) - BYTE_ORDER.indexOf(b.dtype) || (nameA < nameB ? -1 : 1),
  );
}

function encodeHeader(entries: readonly [string, Tensor][], metadata: Readonly<Record<string, string>>): Uint8Array {
  const members: string[] = [];
  if (Object.keys(metadata).length > 0) members.push(`"__metadata__":${JSON.stringify(checkMetadata(metadata))}`);
  let begin = 0;
  for (const [name, tensor] of entries) {
    if (name === "__metadata__")
      throw new FoveaError("METADATA", "saveSafetensors: __metadata__ is the format's own key; rename that tensor");
    const end = begin + tensor.view().byteLength;
    const entry = { dtype: FILE_DTYPE[tensor.dtype], shape: tensor.shape, data_offsets: [begin, end] };
    members.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    begin = end;
  }
  const text = new TextEncoder().encode(`{${members.join(",")}}`);
  const header = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  if (header.length > MAX_HEADER)
    throw new FoveaError(
      "HEADER_TOO_LARGE",
      `saveSafetensors: names and metadata take ${header.length} bytes, the format allows ${MAX_HEADER}`,
    );
  header.set(text);
  return header;
}

function checkMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== "string")
      throw new FoveaError(
        "METADATA",
        `saveSafetensors: metadata must be strings, got ${typeof value} for ${JSON.stringify(key)}`,
      );
  return metadata;
}

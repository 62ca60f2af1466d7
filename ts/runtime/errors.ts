/** What kind of mistake an error reports. Stable: programs may compare against it, texts may change. */
export type ErrorCode =
  | "ALIAS" // a written buffer overlaps another argument
  | "DATA" // a file or data set is not what it should be
  | "DISPOSED" // a tensor was used after it was freed
  | "DTYPE" // the wrong element type
  | "GRAD" // no gradient can be computed here
  | "MASK" // masks that contradict each other or the call
  | "OUT_OF_MEMORY" // the wasm memory's limit is reached
  | "POOL_START" // a worker did not start
  | "RANGE" // a number or an option outside what is allowed
  | "RANK" // the wrong number of axes
  | "SHAPE" // sizes that do not fit together
  | "STATE" // not possible now: before `init`, after `dispose`
  | "UNSUPPORTED" // this engine cannot do it
  | "WASM_LOAD" // the wasm file is missing, blocked or damaged
  | "WORKER_TRAP" // a kernel trapped; the runtime must be started again
  | SafetensorsErrorCode;

/** What is wrong with a safetensors file. */
export type SafetensorsErrorCode =
  | "DATA_TRUNCATED" // the file ends inside a tensor
  | "DTYPE_UNKNOWN" // no dtype of the format
  | "DTYPE_UNSUPPORTED" // one this library does not read
  | "DUPLICATE_KEY" // a name or a field twice
  | "HEADER_JSON" // the header is not a JSON object
  | "HEADER_TOO_LARGE"
  | "HEADER_TOO_SHORT"
  | "HEADER_TRUNCATED" // the file ends inside the header
  | "HEADER_UTF8"
  | "METADATA" // not an object of strings
  | "MISALIGNED" // a tensor that does not end on a byte
  | "NOT_CONTIGUOUS" // a hole, an overlap or bytes at the end
  | "OFFSETS" // not [begin, end] with begin ≤ end
  | "SIZE_MISMATCH" // shape and bytes differ
  | "SIZE_OVERFLOW" // a size beyond 64 bits
  | "TENSOR_FIELD"; // a field is missing or unknown

/** Every error Fovea throws on purpose: `op: rule, got value [shape]`, then what to do. Nothing has changed when it is thrown. */
export class FoveaError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "FoveaError";
    this.code = code;
  }
}

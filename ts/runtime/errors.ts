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
  | "WORKER_TRAP"; // a kernel trapped; the runtime must be started again

/** Every error Fovea throws on purpose: `op: rule, got value [shape]`, then what to do. Nothing has changed when it is thrown. */
export class FoveaError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "FoveaError";
    this.code = code;
  }
}

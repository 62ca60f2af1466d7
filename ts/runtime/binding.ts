/** An export of the wasm module: numbers in, and at most one out. */
export type WasmFunction = (...args: number[]) => number;

/** What a generated kernel call needs of the running module. */
export interface Binding {
  /** The module's own exports, by their Rust names. Empty until `init` has run. */
  exports: Readonly<Record<string, WasmFunction>>;
  /** First of all: throws if there is no module, or one that has trapped (`STATE`, `WORKER_TRAP`). */
  check(): void;
  /** Lends `bytes` of heap, 64-byte aligned, until `finish`; may be asked for several times in one call. Throws `OUT_OF_MEMORY`. */
  scratch(bytes: number): number;
  /** How many threads the pool may use in this call. */
  threads(): number;
  /** Last of all: takes the scratch back; throws `WORKER_TRAP` if a worker trapped meanwhile. */
  finish(): void;
  /** For a call's `catch`: the export itself threw. Marks the module dead and throws `WORKER_TRAP` with `cause`. */
  trap(cause: unknown): never;
}

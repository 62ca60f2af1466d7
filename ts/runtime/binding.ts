import { FoveaError } from "./errors.ts";
import { heap } from "./heap.ts";

/** An export of the wasm module: numbers in, and at most one out. */
export type WasmFunction = (...args: number[]) => number;

/** By their Rust names. */
type Exports = Readonly<Record<string, WasmFunction>>;

/** What a generated kernel call needs of the running module. */
export interface Binding {
  /** The module's own exports. Empty until `init` has run. */
  readonly exports: Exports;
  /** First of all: throws if there is no module, or one that has trapped (`STATE`, `WORKER_TRAP`). */
  check(): void;
  /** Lends room for `elements` floats, 64-byte aligned, until `run` is done; may be asked for several times in one call. Throws `OUT_OF_MEMORY`. */
  scratch(elements: number): number;
  /** How many threads the pool may use in this call. */
  threads(): number;
  /**
   * Last of all: runs the export of that Rust name and takes the scratch back. Throws `WORKER_TRAP` if the kernel traps or a worker has
   * meanwhile.
   */
  run(exported: string, args: object, numbers: readonly number[]): void;
}

/** The worker pool as a kernel call sees it. */
export interface PoolState {
  /** Threads that work, the caller's among them. Takes notice of workers that have become ready. */
  threads(): number;
  /** Whether a worker has trapped. */
  trapped(): boolean;
}

const NO_EXPORTS: Exports = {};
const ONE_THREAD: PoolState = { threads: () => 1, trapped: () => false };

let exports = NO_EXPORTS;
let pool = ONE_THREAD;
/** Why no kernel may run; null while one may. */
let refusal: FoveaError | null = notRunning();
let lent: number[] = [];
let interceptor: Interceptor | null = null;

/** Kernels run in this module from now on. Its memory is the heap's. */
export function attach(moduleExports: Exports, poolState: PoolState = ONE_THREAD): void {
  exports = moduleExports;
  pool = poolState;
  refusal = null;
  lent = [];
}

/** No kernel runs any more. */
export function detach(): void {
  exports = NO_EXPORTS;
  pool = ONE_THREAD;
  refusal = notRunning();
  lent = [];
}

/** Stands between a call and its kernel: gets the kernel's Rust name, the call's arguments, and what runs it. */
export type Interceptor = (exported: string, args: object, run: () => void) => void;

/** Runs `fn`, each kernel of which goes through `interceptor`. */
export function intercept<T>(fn: () => T, through: Interceptor): T {
  const before = interceptor;
  interceptor = through;
  try {
    return fn();
  } finally {
    interceptor = before;
  }
}

/** The trap that ended the module, if one did. */
export function trapOf(): FoveaError | null {
  return refusal?.code === "WORKER_TRAP" ? refusal : null;
}

export const binding: Binding = {
  get exports() {
    return exports;
  },
  check() {
    if (refusal) throw refusal;
    if (lent.length > 0) giveBack(); // of a call that was refused after it had asked
    pool.threads(); // takes in workers that have started since
  },
  scratch(elements) {
    const ptr = heap.allocate(elements * 4);
    lent.push(ptr);
    return ptr;
  },
  threads() {
    return pool.threads();
  },
  run(exported, args, numbers) {
    if (interceptor) interceptor(exported, args, () => runExport(exported, numbers));
    else runExport(exported, numbers);
    if (lent.length > 0) giveBack();
  },
};

function runExport(exported: string, numbers: readonly number[]): void {
  try {
    exports[exported]!(...numbers);
  } catch (cause) {
    die("a kernel trapped", cause);
  }
  if (pool.trapped()) die("a worker trapped in a kernel");
}

function giveBack(): void {
  for (const ptr of lent) heap.free(ptr);
  lent = [];
}

/** A module that has trapped is never entered again: other threads may still be writing, and Rust did not unwind. */
function die(what: string, cause?: unknown): never {
  const detail = cause instanceof Error ? ` (${cause.message})` : "";
  const advice = "await dispose() and init() again, and load what was saved";
  refusal = new FoveaError("WORKER_TRAP", `kernels: ${what}${detail}, so its memory can no longer be trusted; ${advice}`, {
    cause,
  });
  throw refusal;
}

function notRunning(): FoveaError {
  return new FoveaError("STATE", "kernels: no module is running before init() and after dispose(); call await init() first");
}

/** What a library implements to be timed beside the others. One file each in `participants/`, which exports `load`. */
import type { Ceilings } from "../ceiling.ts";
import type { RivalCase } from "./case.ts";
import type { Inputs } from "./inputs.ts";

/** Loads and starts the library, ours or another. What it throws is printed as the reason why it takes no part. */
export type Load = (options: LoadOptions) => Promise<Participant>;

export interface LoadOptions {
  /** That it may use, the caller's among them. A library that cannot have as many says in `threads` what it has. */
  threads: number;
  /** Bytes of a file under `bench/rivals/`, in Node and in a page. */
  read(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Where that folder is: a `file:` or `http:` URL that ends with a slash. */
  folder: string;
}

/** Loaded, in a process or page of its own. */
export interface Participant {
  readonly about: About;
  /** Why it cannot do `each`, in a few words; null if it can. */
  refusal(each: RivalCase): string | null;
  /** Brings the inputs to where the library wants them, in the layout it likes best, and compiles what it compiles. Not timed. */
  start(each: RivalCase, inputs: Inputs): Running | Promise<Running>;
  /** Ours only: what the machine gives at best in this engine, with these threads. */
  ceilings?(): Ceilings;
}

export interface About {
  /** The library's version. */
  version: string;
  /** Its build or backend in use, such as "wasm simd threads". */
  variant: string;
  /** In use. */
  threads: number;
}

/** A case under way. */
export interface Running {
  /**
   * Computes once, from inputs that are in place to results that JavaScript could read; nothing of the run before is reused. It frees
   * what the run before made. A training step is forward, backward and AdamW's update.
   */
  run(): void | Promise<void>;
  /**
   * Runs once and copies the results out, in the layouts of README.md. Of a training step: the losses of the first three steps, each
   * before its update, as `losses`; it is asked for before any `run`.
   */
  result(): Results | Promise<Results>;
  /** Frees everything. */
  end(): void | Promise<void>;
}

export type Results = Record<string, Float32Array>;

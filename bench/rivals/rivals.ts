/** Who takes part. A library that another language brings has its line here and its file in `participants/`, or its program. */

export type EngineName = "node20" | "node24" | "chromium";

interface Entry {
  name: string;
  /**
   * What it needs before it can be loaded: a build, a program. Throws an `Error` whose message is printed as the reason why it takes
   * no part. The npm packages of this folder are there by then.
   */
  prepare?(): Promise<void>;
}

/** Loaded in Node or in a page: `module` is a file that exports `load: Load`. */
export interface Library extends Entry {
  kind: "library";
  module: string;
  engines: readonly EngineName[];
}

/** A program of its own that answers `Request`s on stdin with `Answer`s on stdout, a line each; `threads` is its last argument. */
export interface Program extends Entry {
  kind: "program";
  /** Command and arguments; null if it cannot run here, which `prepare` has explained. */
  command(): Promise<readonly string[]>;
}

export type Rival = Library | Program;

export const rivals: readonly Rival[] = [];

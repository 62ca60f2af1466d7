/** Who takes part. A library that another language brings has its line here and its file in `participants/`, or its program. */
import { buildRust } from "./buildRust.ts";
import { expectPackage } from "./install.ts";
import { expectTorch, torchCommand } from "./torch.ts";

interface Entry {
  name: string;
  /**
   * What it needs before it can be loaded: a build, a program. Throws an `Error` whose message is printed as the reason why it takes
   * no part. The npm packages of this folder are there by then.
   */
  prepare(): Promise<void>;
}

/** Loaded in Node or in a page: `module` is a file that exports `load: Load`. */
export interface Library extends Entry {
  kind: "library";
  module: string;
  /** Not in a page. */
  nodeOnly?: true;
}

/** A program of its own that answers `Request`s on stdin with `Answer`s on stdout, a line each; `threads` is its last argument. */
export interface Program extends Entry {
  kind: "program";
  /** Command and arguments. */
  command(): Promise<readonly [string, ...string[]]>;
}

export type Rival = Library | Program;

/** All others are compared with this one. */
export const OURS = "fovea";
/** Native code, with wider vectors than wasm has. */
export const YARDSTICKS: readonly string[] = ["ort-node", "pytorch"];

export const rivals: readonly Rival[] = [
  { kind: "library", name: OURS, module: "participants/fovea.ts", prepare: async () => undefined },
  { kind: "library", name: "fovea strict", module: "participants/foveaStrict.ts", prepare: async () => undefined },
  { kind: "library", name: "ort-web", module: "participants/npm/ortWeb.ts", prepare: () => expectPackage("onnxruntime-web") },
  {
    kind: "library",
    name: "tfjs",
    module: "participants/npm/tfjs.ts",
    prepare: () => expectPackage("@tensorflow/tfjs-backend-wasm"),
  },
  { kind: "library", name: "jax-js", module: "participants/npm/jaxJs.ts", prepare: () => expectPackage("@jax-js/jax") },
  { kind: "library", name: "candle", module: "participants/candle.ts", prepare: () => buildRust("candle") },
  { kind: "library", name: "burn", module: "participants/burn.ts", prepare: () => buildRust("burn") },
  {
    ...{ kind: "library", name: "ort-node", module: "participants/npm/ortNode.ts", nodeOnly: true },
    prepare: () => expectPackage("onnxruntime-node"),
  },
  { kind: "program", name: "pytorch", prepare: expectTorch, command: torchCommand },
];

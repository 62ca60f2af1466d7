import type { DataPosition } from "../data/dataLoader.ts";
import { loadSafetensors, parseSafetensors, saveSafetensors } from "../io/safetensors.ts";
import type { Module } from "../nn/module.ts";
import type { EMA } from "../optim/ema.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { PlateauState } from "../optim/reduceLROnPlateau.ts";
import { FoveaError } from "../runtime/errors.ts";
import type { rngState } from "../tensor/rng.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { EpochSummary } from "./callback.ts";
import type { ScoresState } from "./scores.ts";

/** What has tensors to keep. */
export interface Trained {
  readonly model: Module;
  readonly optimizer: Optimizer;
  readonly ema: EMA | undefined;
}

/** All the rest of a training between two steps. */
export interface RunState {
  step: number;
  /** The order of the present epoch; null between two. */
  key: number | null;
  /** Batches of it that are done. */
  batch: number;
  summaries: EpochSummary[];
  scores: ScoresState;
  rng: ReturnType<typeof rngState>;
  plateau: PlateauState | null;
  position: DataPosition | null;
  /** Of the validation's loader; older snapshots say nothing of it. */
  validPosition?: DataPosition | null;
  callbacks: Record<string, unknown>;
}

const KEY = "fovea.training";
const VERSION = 1;

/** As a safetensors file: `model.*`, `optimizer.*`, `ema.*`, and the rest as JSON in its metadata. */
export function writeSnapshot({ model, optimizer, ema }: Trained, run: RunState): Uint8Array {
  return scope(() => {
    const { step, groups, tensors } = optimizer.stateDict();
    const means = ema?.stateDict();
    const all = new Map<string, Tensor>([
      ...prefixed("model.", model.stateDict()),
      ...prefixed("optimizer.", tensors),
      ...prefixed("ema.", means?.tensors ?? new Map()),
    ]);
    const state = { version: VERSION, run, optimizer: { step, groups }, ema: means?.updates ?? null };
    return saveSafetensors(all, { metadata: { [KEY]: JSON.stringify(state, keepNumbers) } });
  });
}

/** Loads tensors and gives the rest. Throws `STATE`, or what is wrong with the file. */
export function readSnapshot(bytes: Uint8Array, { model, optimizer, ema }: Trained): RunState {
  return scope(() => {
    const text = parseSafetensors(bytes).metadata.get(KEY);
    if (text === undefined)
      throw new FoveaError("STATE", "fit: resume must be the snapshot of a training, got another safetensors file");
    const state: {
      version: number;
      run: RunState;
      optimizer: { step: number; groups: Record<string, unknown>[] };
      ema: number | null;
    } = JSON.parse(text, readNumbers);
    if (state.version !== VERSION)
      throw new FoveaError("STATE", `fit: resume must be a snapshot of version ${VERSION}, got version ${state.version}`);
    if ((state.ema === null) === (ema !== undefined))
      throw new FoveaError(
        "STATE",
        `fit: the snapshot was taken ${state.ema === null ? "without" : "with"} means of the weights, and ema says otherwise`,
      );
    const tensors = loadSafetensors(bytes);
    const part = (prefix: string) =>
      new Map(
        [...tensors].filter(([name]) => name.startsWith(prefix)).map(([name, tensor]) => [name.slice(prefix.length), tensor]),
      );
    model.loadStateDict(part("model."));
    optimizer.loadStateDict({ ...state.optimizer, tensors: part("optimizer.") });
    ema?.loadStateDict({ updates: state.ema ?? 0, tensors: part("ema.") });
    return state.run;
  });
}

const prefixed = (prefix: string, tensors: Iterable<readonly [string, Tensor]>): [string, Tensor][] =>
  [...tensors].map(([name, tensor]) => [prefix + name, tensor]);

// JSON has no NaN and no infinity: an accuracy of nothing is one.
const keepNumbers = (_: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? `#${value}` : value;
const readNumbers = (_: string, value: unknown): unknown =>
  typeof value === "string" && /^#(NaN|-?Infinity)$/.test(value) ? Number(value.slice(1)) : value;

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

// JSON has no NaN and no infinity: an accuracy of nothing is one. A confusion table for each epoch, of a thousand classes 2 MB, would outgrow what a
// header may be: of its cells those are written that are not 0.
const keepNumbers = (key: string, value: unknown): unknown => {
  if (typeof value === "number" && !Number.isFinite(value)) return `#${value}`;
  return key === "confusion" && isTable(value) ? filledCells(value) : value;
};
const readNumbers = (key: string, value: unknown): unknown => {
  if (typeof value === "string" && /^#(NaN|-?Infinity)$/.test(value)) return Number(value.slice(1));
  return key === "confusion" && isCells(value) ? tableOf(value) : value;
};

interface Cells {
  size: number;
  /** Place, `row · size + column`, and count, one after the other. */
  cells: number[];
}

const isTable = (value: unknown): value is number[][] =>
  Array.isArray(value) && value.every((row) => Array.isArray(row) && row.length === value.length);
const isCells = (value: unknown): value is Cells =>
  typeof value === "object" && value !== null && "size" in value && "cells" in value;

function filledCells(table: number[][]): Cells {
  const size = table.length;
  const cells: number[] = [];
  for (const [r, row] of table.entries()) for (let c = 0; c < size; c += 1) if (row[c] !== 0) cells.push(r * size + c, row[c]!);
  return { size, cells };
}

function tableOf({ size, cells }: Cells): number[][] {
  const table = Array.from({ length: size }, () => Array<number>(size).fill(0));
  for (let i = 0; i < cells.length; i += 2) table[Math.floor(cells[i]! / size)]![cells[i]! % size] = cells[i + 1]!;
  return table;
}

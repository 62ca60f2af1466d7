import { reference } from "../../ts/reference/index.ts";
import type { DType } from "../../ts/runtime/buffer.ts";
import { type KernelArgs, type KernelName, type ManifestArg, manifest } from "../../ts/runtime/kernels.gen.ts";
import type { Fill, Tolerance } from "../cases/types.ts";
import { cases } from "../cases.ts";
import { random } from "./random.ts";

export type Values = Float64Array | Float32Array | Int32Array | Uint8Array;
type Table = Record<string, Values | number | boolean | null>;

/** A case without its kernel's types: what code that runs any kernel can use. */
export interface AnyCase {
  why: string;
  dims: Record<string, number | boolean>;
  given?: readonly string[];
  fill?: Record<string, Fill | undefined>;
  tolerance?: Record<string, Tolerance | undefined>;
  spreads?: true;
}

interface AnyCases {
  fill: Record<string, Fill | undefined>;
  derive?: (args: never) => void;
  tolerance: Record<string, Tolerance | undefined>;
  part?: (buffer: string, index: number, dims: Record<string, number>) => string;
  cases: readonly AnyCase[];
}

export const kernelNames = Object.keys(manifest) as KernelName[];
export const casesOf = (kernel: KernelName): AnyCases => cases[kernel] as unknown as AnyCases;

/** One call of a kernel: the buffers and numbers it is given. */
export interface Problem {
  kernel: KernelName;
  each: AnyCase;
  /** Dims, flags as 0 or 1, ints and scalars. */
  dims: Record<string, number>;
  /** Every buffer that is passed, in the manifest's order. */
  buffers: { arg: ManifestArg; dtype: DType; length: number; values: Values | null }[];
}

/** Draws the inputs of a case: the same numbers each time. */
export function createProblem(kernel: KernelName, each: AnyCase): Problem {
  const all = casesOf(kernel);
  const rng = random(hash(`${kernel}: ${each.why}`));
  const dims = Object.fromEntries(Object.entries(each.dims).map(([name, value]) => [name, Number(value)]));
  const buffers: Problem["buffers"] = [];
  for (const arg of manifest[kernel]) {
    if (!arg.dtype || !arg.length || (arg.optional && !each.given?.includes(arg.name))) continue;
    const { name, dtype, kind } = arg;
    const length = arg.length(dims);
    if (kind === "write") {
      buffers.push({ arg, dtype, length, values: null });
      continue;
    }
    const fill = each.fill?.[name] ?? all.fill[name];
    if (!fill) throw new Error(`test/cases.ts: ${kernel} does not say how to fill ${name}`);
    const values = emptyValues(dtype, length);
    for (let index = 0; index < length; index++) values[index] = fill({ index, length, rng, dims });
    buffers.push({ arg, dtype, length, values: roundToFloat32(values) });
  }
  const problem = { kernel, each, dims, buffers };
  // Not rounded: the reference is given what another kernel should have saved, the kernel what float32 keeps of it.
  all.derive?.(tableOf(problem, (values) => values) as never);
  return problem;
}

/** What the reference computes, by the names of the written buffers: in float64, and with plain float32 loops. */
export function solve(problem: Problem): { expected: Record<string, Float64Array>; naive: Record<string, Float32Array> } {
  const run = reference[problem.kernel] as (args: KernelArgs<Values, Values, Values>[KernelName]) => void;
  const solved = (floats: (values: Float64Array) => Float64Array | Float32Array): Table => {
    const table = tableOf(problem, (values) => (values instanceof Float64Array ? floats(values) : values));
    run(table as unknown as KernelArgs<Values, Values, Values>[KernelName]);
    return table;
  };
  const exact = solved((values) => values.slice());
  const plain = solved((values) => Float32Array.from(values));
  const written = problem.buffers.filter(({ arg }) => arg.kind !== "read").map(({ arg }) => arg.name);
  return {
    expected: Object.fromEntries(written.map((name) => [name, Float64Array.from(exact[name] as Values)])),
    naive: Object.fromEntries(written.map((name) => [name, Float32Array.from(plain[name] as Values)])),
  };
}

/** The arguments of the reference; results are NaN until they are written. */
function tableOf({ each, buffers }: Problem, copy: (values: Values) => Values): Table {
  const table: Table = { ...each.dims };
  for (const { arg, dtype, length, values } of buffers)
    table[arg.name] = copy(values ?? emptyValues(dtype, length).fill(Number.NaN));
  return table;
}

function emptyValues(dtype: DType, length: number): Values {
  if (dtype === "float32") return new Float64Array(length);
  return dtype === "int32" ? new Int32Array(length) : new Uint8Array(length);
}

/** Kernel and reference are given the same numbers. */
function roundToFloat32(values: Values): Values {
  if (values instanceof Float64Array) for (let i = 0; i < values.length; i++) values[i] = Math.fround(values[i]!);
  return values;
}

/** FNV-1a: a seed from a name. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) bits = Math.imul(bits ^ text.charCodeAt(i), 0x01000193);
  return bits;
}

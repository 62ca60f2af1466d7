import { attach, detach } from "./binding.ts";
import { FoveaError } from "./errors.ts";
import { detectFeatures, type Features } from "./features.ts";
import { heap } from "./heap.ts";
import { instantiate } from "./instantiate.js";
import { loadModule } from "./load.ts";
import { reserve } from "./memory.ts";
import { isNode, nodeModule } from "./node.ts";
import { Pool } from "./threads.ts";
import { type Plan, plan, type VariantName } from "./variants.ts";

export type { Buffer, DType, TypedArray } from "./buffer.ts";
export { type ErrorCode, FoveaError } from "./errors.ts";
export type { Features } from "./features.ts";
export { heap } from "./heap.ts";
export type { VariantName } from "./variants.ts";

export interface InitOptions {
  /** Threads, the caller's among them. Default: one per core, at most 8; 1 in a page that is not cross-origin isolated. */
  threads?: number;
  /** Keeps to the variants whose results have the same bits on every engine. Default false. */
  deterministic?: boolean;
  /** A certain build instead of the best that fits. */
  variant?: VariantName;
  /** Bytes that memory may grow to. Default: 4 GiB in Node and 2 GiB in a page, or what the engine grants. */
  memoryLimit?: number;
}

/** What is running, and why not something better. */
export interface Runtime {
  readonly variant: { readonly name: VariantName; readonly reason: string };
  /** How many threads kernels use now. */
  readonly threads: { readonly count: number; readonly reason: string };
  /** Bytes: tensors and scratch in use, the most there has been, and the limit. */
  readonly memory: { readonly used: number; readonly peak: number; readonly limit: number };
  readonly features: Features;
}

interface Running {
  readonly plan: Plan;
  readonly pool: Pool | null;
}

let starting: { options: InitOptions; done: Promise<Runtime> } | null = null;
let running: Running | null = null;
let features: Features | null = null;

/** What is running. All but `features` throw `STATE` before `init` and after `dispose`. */
export const runtime: Runtime = {
  get variant() {
    const { variant, variantReason } = expectRunning().plan;
    return { name: variant.name, reason: variantReason };
  },
  get threads() {
    const { plan, pool } = expectRunning();
    const count = pool?.threads() ?? 1;
    if (pool?.problem) return { count, reason: `${plan.threads} threads were planned, but ${pool.problem}` };
    return { count, reason: count < plan.threads ? `${plan.threads} once the workers have started` : plan.threadsReason };
  },
  get memory() {
    expectRunning();
    return { used: heap.used, peak: heap.peak, limit: heap.limit };
  },
  get features() {
    features ??= detectFeatures();
    return features;
  },
};

/**
 * Loads the best wasm variant this engine takes and starts its workers. Everything else needs this first. Calling it again gives the
 * same runtime; with other options than it runs with it throws `STATE`.
 *
 * With `threads` given it waits for the workers. Otherwise it does not: kernels run on one thread, with the same results, until the
 * workers are there, or for good should one fail to start, with a warning; `runtime.threads` says which.
 *
 * Throws `UNSUPPORTED`, `WASM_LOAD`, `POOL_START`, `OUT_OF_MEMORY`, and `RANGE` for options that make no sense.
 */
export async function init(options: InitOptions = {}): Promise<Runtime> {
  const before = starting;
  if (before) {
    const result = await before.done;
    expectSame(before.options, options);
    return result;
  }
  const attempt = { options, done: start(options) };
  starting = attempt;
  try {
    return await attempt.done;
  } catch (error) {
    if (starting === attempt) starting = null;
    throw error;
  }
}

/** Ends the workers and frees all memory: every tensor is gone. `init` then works again. */
export async function dispose(): Promise<void> {
  const attempt = starting;
  await attempt?.done.catch(() => undefined);
  if (!running || starting !== attempt) return;
  const { pool } = running;
  running = starting = null;
  detach();
  heap.close();
  await pool?.stop();
}

async function start(options: InitOptions): Promise<Runtime> {
  const chosen = plan(runtime.features, options, await coreCount());
  const { memory, limit } = reserve(chosen.variant.threads, options.memoryLimit);
  const warn = (problem: string) => console.warn(`fovea: kernels run on one thread: ${problem}.`);
  if (chosen.withheld) warn(chosen.threadsReason);
  const pool = chosen.threads > 1 ? await Pool.spawn(chosen.threads - 1, options.threads ? undefined : warn) : null;
  try {
    const module = await loadModule(chosen.variant.url);
    const exports = instantiate(module, memory);
    pool?.connect(module, memory, exports);
    if (options.threads) await pool?.ready();
    heap.open(memory, limit);
    attach(exports, pool ?? undefined);
  } catch (error) {
    await pool?.stop();
    throw error;
  }
  running = { plan: chosen, pool };
  return runtime;
}

async function coreCount(): Promise<number> {
  if (!isNode) return navigator.hardwareConcurrency || 1;
  const { availableParallelism, cpus } = await nodeModule<typeof import("node:os")>("os");
  return availableParallelism?.() ?? cpus().length;
}

function expectRunning(): Running {
  if (running) return running;
  throw new FoveaError("STATE", "runtime: nothing is running before init() and after dispose(); call await init() first");
}

/** Options that are left out do not matter: whoever calls `init()` takes what there is. */
function expectSame(given: InitOptions, wanted: InitOptions): void {
  const { plan } = expectRunning();
  const present = {
    threads: plan.threads,
    variant: plan.variant.name,
    deterministic: !plan.variant.relaxed || !wanted.deterministic,
    memoryLimit: heap.limit,
  };
  for (const name of ["threads", "deterministic", "variant", "memoryLimit"] as const) {
    const value = wanted[name];
    if (value === undefined || value === given[name] || value === present[name] || value === false) continue;
    const rule = `it runs with ${name} ${String(present[name])}`;
    throw new FoveaError("STATE", `init: ${rule}, got ${String(value)}; await dispose() before starting with other options`);
  }
}

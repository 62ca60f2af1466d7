import { type Reference, reference } from "../ts/reference/index.ts";
import type { Buffer } from "../ts/runtime/buffer.ts";
import type { KernelName } from "../ts/runtime/kernels.gen.ts";
import * as kernels from "../ts/runtime/kernels.gen.ts";
import { viewOf } from "./wasmCall.ts";

type Call = (args: Record<string, unknown>) => void;

/** Runs `fn` with every kernel replaced by the reference, on the same memory in float32: the whole library in plain TypeScript. */
export function withPlainKernels<T>(fn: () => T): T {
  const table = kernels as unknown as Record<KernelName, Call>;
  const originals = { ...table };
  const plain = reference as Reference as unknown as Record<KernelName, Call>;
  for (const name of Object.keys(originals) as KernelName[]) table[name] = (args) => plain[name](onViews(args));
  try {
    return fn();
  } finally {
    Object.assign(table, originals);
  }
}

const onViews = (args: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(args).map(([name, value]) => [name, isBuffer(value) ? viewOf(value) : value]));

const isBuffer = (value: unknown): value is Buffer => typeof value === "object" && value !== null && "ptr" in value;

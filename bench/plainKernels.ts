import { type Reference, reference } from "../ts/reference/index.ts";
import type { Buffer } from "../ts/runtime/buffer.ts";
import { interceptKernels } from "../ts/runtime/interceptKernels.ts";
import type { KernelName } from "../ts/runtime/kernels.gen.ts";
import { viewOf } from "./wasmCall.ts";

type Call = (args: Record<string, unknown>) => void;

/** Runs `fn` with every kernel replaced by the reference, on the same memory in float32: the whole library in plain TypeScript. */
export function withPlainKernels<T>(fn: () => T): T {
  const plain = reference as Reference as unknown as Record<KernelName, Call>;
  return interceptKernels(fn, (kernel, args) => plain[kernel](onViews(args)));
}

const onViews = (args: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(args).map(([name, value]) => [name, isBuffer(value) ? viewOf(value) : value]));

const isBuffer = (value: unknown): value is Buffer => typeof value === "object" && value !== null && "ptr" in value;

import { watchCalls } from "./binding.ts";
import type { Buffer } from "./buffer.ts";
import { heap } from "./heap.ts";
import { type KernelName, manifest } from "./kernels.gen.ts";

/** A float buffer that a kernel has just written. */
export interface WrittenBuffer {
  readonly name: string;
  /** A view, to be read at once. */
  readonly values: Float32Array;
}

/** Runs `fn`, and calls `seen` after each kernel with what it wrote. For looking into what went wrong: every call is slower. */
export function watchKernels(fn: () => void, seen: (kernel: KernelName, written: readonly WrittenBuffer[]) => void): void {
  watchCalls(fn, (exported, args) => {
    const kernel = exported.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) as KernelName;
    seen(kernel, writtenBy(kernel, args));
  });
}

function writtenBy(kernel: KernelName, args: object): WrittenBuffer[] {
  const given = new Map<string, unknown>(Object.entries(args));
  return manifest[kernel].flatMap(({ name, kind, dtype }): WrittenBuffer[] => {
    const buffer = given.get(name) as Buffer | null | undefined;
    if ((kind !== "write" && kind !== "update") || dtype !== "float32" || !buffer) return [];
    return [{ name, values: heap.f32(buffer.ptr, buffer.length) }];
  });
}

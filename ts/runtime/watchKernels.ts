import type { Buffer } from "./buffer.ts";
import { heap } from "./heap.ts";
import { interceptKernels } from "./interceptKernels.ts";
import { type KernelName, manifest } from "./kernels.gen.ts";

/** A float buffer that a kernel has just written. */
export interface WrittenBuffer {
  readonly name: string;
  /** A view, to be read at once. */
  readonly values: Float32Array;
}

/** Runs `fn`, and calls `seen` after each kernel with what it wrote. For looking into what went wrong: every call is slower. */
export function watchKernels(fn: () => void, seen: (kernel: KernelName, written: readonly WrittenBuffer[]) => void): void {
  interceptKernels(fn, (kernel, args, run) => {
    run();
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

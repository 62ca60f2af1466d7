import type { Problem, Values } from "../test/harness/problem.ts";
import { type Buffer, BYTES } from "../ts/runtime/buffer.ts";
import { heap } from "../ts/runtime/index.ts";
import type { KernelArgs, KernelName } from "../ts/runtime/kernels.gen.ts";
import * as kernels from "../ts/runtime/kernels.gen.ts";

/** A problem whose buffers are in wasm memory. */
export interface WasmCall {
  run(): void;
  buffers: Readonly<Record<string, Buffer>>;
  free(): void;
}

/** Results are NaN beforehand, or 165, so that what a kernel forgets shows. Buffers that are `shared` are used as they are. */
export function place({ kernel, each, buffers: wanted }: Problem, shared: Readonly<Record<string, Buffer>> = {}): WasmCall {
  const buffers: Record<string, Buffer> = {};
  const own: number[] = [];
  for (const { arg, dtype, length, values } of wanted) {
    const there = shared[arg.name];
    if (there) {
      buffers[arg.name] = there;
      continue;
    }
    const buffer = { ptr: heap.allocate(length * BYTES[dtype]), length, dtype, alive: true };
    own.push(buffer.ptr);
    if (values) viewOf(buffer).set(values);
    else viewOf(buffer).fill(dtype === "float32" ? Number.NaN : 165);
    buffers[arg.name] = buffer;
  }
  const args = { ...each.dims, ...buffers } as unknown as KernelArgs[KernelName];
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: any of them, and nothing here is bundled
  const call = kernels[kernel] as (args: KernelArgs[KernelName]) => void;
  const free = () => {
    for (const ptr of own) heap.free(ptr);
  };
  return { run: () => call(args), buffers, free };
}

export function viewOf({ dtype, ptr, length }: Buffer): Float32Array | Int32Array | Uint8Array {
  if (dtype === "float32") return heap.f32(ptr, length);
  return dtype === "int32" ? heap.i32(ptr, length) : heap.u8(ptr, length);
}

/** What is in memory now becomes what the reference is given. */
export function readBack(problem: Problem, names: readonly string[], { buffers }: WasmCall): void {
  for (const buffer of problem.buffers) {
    if (!buffer.values || !names.includes(buffer.arg.name)) continue;
    (buffer.values as Values).set(viewOf(buffers[buffer.arg.name]!));
  }
}

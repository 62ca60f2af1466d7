import { type Buffer, BYTES } from "../../ts/runtime/buffer.ts";
import { heap } from "../../ts/runtime/heap.ts";
import type { KernelArgs, KernelName } from "../../ts/runtime/kernels.gen.ts";
import * as kernels from "../../ts/runtime/kernels.gen.ts";
import type { Problem, Values } from "./problem.ts";

const GUARD = 64;
const PAINT = 0xa5;

interface Placed {
  name: string;
  kind: string;
  block: number;
  bytes: number;
  buffer: Buffer;
  before: Values | null;
}

/**
 * Runs a kernel on buffers in wasm memory and gives what it wrote, all of it as floats. Results are NaN beforehand, or 165, so what a kernel forgets shows. Each buffer
 * lies between painted bytes and starts anywhere a slice may start, not only at a multiple of 16; a kernel that writes beside its results
 * or into what it only reads is an error.
 */
export function runGuarded(problem: Problem, paint = PAINT): Record<string, Float32Array> {
  const placed = problem.buffers.map((each, position) => place(each, position, paint));
  try {
    const args: Record<string, unknown> = { ...problem.each.dims };
    for (const { name, buffer } of placed) args[name] = buffer;
    // biome-ignore lint/performance/noDynamicNamespaceImportAccess: any of them, and nothing here is bundled
    (kernels[problem.kernel] as (args: KernelArgs[KernelName]) => void)(args as unknown as KernelArgs[KernelName]);
    for (const each of placed) check(problem.kernel, each, paint);
    const written = placed.filter(({ kind }) => kind !== "read");
    return Object.fromEntries(written.map(({ name, buffer }) => [name, Float32Array.from(viewOf(buffer))]));
  } finally {
    for (const { block } of placed) heap.free(block);
  }
}

function place({ arg, dtype, length, values }: Problem["buffers"][number], position: number, paint: number): Placed {
  const bytes = length * BYTES[dtype];
  const offset = GUARD + 4 * (position % 4);
  const block = heap.allocate(offset + bytes + GUARD);
  heap.u8(block, offset + bytes + GUARD).fill(paint);
  const buffer = { ptr: block + offset, length, dtype, alive: true };
  if (values) viewOf(buffer).set(values);
  else viewOf(buffer).fill(dtype === "float32" ? Number.NaN : PAINT);
  return { name: arg.name, kind: arg.kind, block, bytes, buffer, before: arg.kind === "read" ? values : null };
}

function check(kernel: string, { name, block, bytes, buffer, before }: Placed, paint: number): void {
  const start = buffer.ptr - block;
  const around = heap.u8(block, start + bytes + GUARD);
  for (let i = 0; i < around.length; i++) {
    if (i === start) i += bytes;
    if (around[i] !== paint) throw new Error(`${kernel} wrote ${i < start ? "before the start" : "beyond the end"} of ${name}`);
  }
  if (!before) return;
  const now = viewOf(buffer);
  const kept = (value: number) => (buffer.dtype === "float32" ? Math.fround(value) : value);
  const changed = now.findIndex((value, i) => !Object.is(value, kept(before[i]!)));
  if (changed >= 0) throw new Error(`${kernel} changed ${name}[${changed}], which it only reads`);
}

function viewOf({ dtype, ptr, length }: Buffer): Float32Array | Int32Array | Uint8Array {
  if (dtype === "float32") return heap.f32(ptr, length);
  return dtype === "int32" ? heap.i32(ptr, length) : heap.u8(ptr, length);
}

import { binding } from "../ts/runtime/binding.ts";
import { heap, runtime } from "../ts/runtime/index.ts";
import * as kernels from "../ts/runtime/kernels.gen.ts";
import { timeOnce } from "./time.ts";

/** What this process reaches when nothing but that is asked of it. */
export interface Ceilings {
  /** Multiply-adds in registers, a thread's times the threads. */
  gflops: number;
  /** Bytes read and written while copying. */
  gbs: number;
}

/** Floating-point operations in a round of `probe_multiply_add`. */
const FLOPS_PER_ROUND = 96;
const ROUNDS = 500_000;
const WARM_UP_MS = 50;
/** As many floats as the shapes of one pass have, so that caches help both alike. */
const FLOATS = 4096 * 512;

export function measureCeilings(): Ceilings {
  const probe = binding.exports.probe_multiply_add!;
  const probing = quickest(() => probe(ROUNDS, 0.5, 1), 40);
  return { gflops: (ROUNDS * FLOPS_PER_ROUND * runtime.threads.count) / probing / 1e6, gbs: measureCopy() };
}

/** The better of our copy, by all threads, and the engine's, by one. */
function measureCopy(): number {
  const bytes = FLOATS * Float32Array.BYTES_PER_ELEMENT;
  const [from, to] = [heap.allocate(bytes), heap.allocate(bytes)];
  const buffer = (ptr: number) => ({ ptr, length: FLOATS, dtype: "float32" as const, alive: true });
  heap.f32(from, FLOATS).fill(1);
  const [x, out] = [buffer(from), buffer(to)];
  const ours = quickest(() => kernels.copy({ x, out, n: FLOATS }), 40);
  const engine = quickest(() => heap.f32(to, FLOATS).set(heap.f32(from, FLOATS)), 40);
  heap.free(from);
  heap.free(to);
  return (2 * bytes) / Math.min(ours, engine) / 1e6;
}

/** After a while that is not timed, in which V8 compiles it anew. */
function quickest(run: () => void, times: number): number {
  for (const end = performance.now() + WARM_UP_MS; performance.now() < end; ) run();
  return Math.min(...Array.from({ length: times }, () => timeOnce(run).medianMs));
}

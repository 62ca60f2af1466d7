import { attach, detach } from "../../ts/runtime/binding.ts";
import { heap } from "../../ts/runtime/heap.ts";

/**
 * Tensors without the wasm module: a bare memory, and the two kernels the tape calls, in plain loops. For tests of tensors and of the tape
 * itself, whose ops the tests bring along.
 */
export function startPlainMemory(maximumPages = 1024): void {
  heap.open(new WebAssembly.Memory({ initial: 1, maximum: maximumPages }), maximumPages * 65_536);
  attach({
    copy(x = 0, out = 0, n = 0) {
      heap.f32(out, n).set(heap.f32(x, n));
      return 0;
    },
    accumulate(x = 0, sum = 0, n = 0) {
      const [from, to] = [heap.f32(x, n), heap.f32(sum, n)];
      for (let i = 0; i < n; i += 1) to[i]! += from[i]!;
      return 0;
    },
  });
}

export function stopPlainMemory(): void {
  detach();
  heap.close();
}

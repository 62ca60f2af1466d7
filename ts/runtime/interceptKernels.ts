import { intercept } from "./binding.ts";
import type { KernelName } from "./kernels.gen.ts";

/** Runs `fn`, each kernel of which goes through `through` with its arguments, already checked, and what runs it. */
export function interceptKernels<T>(fn: () => T, through: (kernel: KernelName, args: object, run: () => void) => void): T {
  return intercept(fn, (exported, args, run) => {
    const kernel = exported.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) as KernelName;
    through(kernel, args, run);
  });
}

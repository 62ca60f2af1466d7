import { binding, type WasmFunction } from "../ts/runtime/binding.ts";
import { runtime } from "../ts/runtime/index.ts";
import type { Scenario } from "./scenarios.ts";
import { timeOnce } from "./time.ts";

const WARM_UP = 5;
const STEPS = 20;

interface Spent {
  ms: number;
  calls: number;
}

/** Where a scenario's time goes: each kernel's, and what remains for TypeScript. Lines to print. */
export function profile({ name, shape, batch, start }: Scenario): string[] {
  const running = start(batch);
  for (let step = 0; step < WARM_UP; step++) running.run();
  const spent = new Map<string, Spent>();
  const exports = binding.exports;
  Object.defineProperty(binding, "exports", { value: timed(exports, spent), configurable: true });
  const { medianMs: total } = timeOnce(() => {
    for (let step = 0; step < STEPS; step++) running.run();
  });
  Object.defineProperty(binding, "exports", { value: exports, configurable: true });
  running.end();
  const inKernels = [...spent.values()].reduce((sum, { ms }) => sum + ms, 0);
  const { variant, threads } = runtime;
  const kernels = [...spent].sort(([, a], [, b]) => b.ms - a.ms);
  return [
    `${name}, ${shape}, ${variant.name}, threads ${threads.count}: ${(total / STEPS).toFixed(1)} ms a step`,
    ...kernels.map(([kernel, { ms, calls }]) => line(kernel, ms, total, calls / STEPS)),
    line("TypeScript", total - inKernels, total),
  ];
}

function timed(exports: Readonly<Record<string, WasmFunction>>, spent: Map<string, Spent>): Record<string, WasmFunction> {
  return Object.fromEntries(
    Object.entries(exports)
      .filter(([, value]) => typeof value === "function")
      .map(([name, fn]) => [
        name,
        (...args: number[]) => {
          const before = performance.now();
          const result = fn(...args);
          const so = spent.get(name) ?? { ms: 0, calls: 0 };
          spent.set(name, { ms: so.ms + performance.now() - before, calls: so.calls + 1 });
          return result;
        },
      ]),
  );
}

function line(what: string, ms: number, total: number, calls?: number): string {
  const cells = [
    what.padEnd(24),
    `${(ms / STEPS).toFixed(2)} ms`.padStart(11),
    `${((100 * ms) / total).toFixed(1)} %`.padStart(8),
  ];
  return `  ${cells.join("")}${calls === undefined ? "" : `${calls.toFixed(0)} calls`.padStart(12)}`;
}

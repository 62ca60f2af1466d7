import { runtime } from "../ts/runtime/index.ts";
import { interceptKernels } from "../ts/runtime/interceptKernels.ts";
import type { KernelArgs } from "../ts/runtime/kernels.gen.ts";
import type { Scenario } from "./scenarios.ts";
import { timeOnce } from "./time.ts";

const WARM_UP = 5;
const STEPS = 20;

interface Spent {
  ms: number;
  calls: number;
}

/** Where a scenario's time goes: each kernel's, products by how their operands lie, and what remains for TypeScript. Lines to print. */
export function profile({ name, shape, batch, start }: Scenario): string[] {
  const running = start(batch);
  for (let step = 0; step < WARM_UP; step++) running.run();
  const spent = new Map<string, Spent>();
  const { medianMs: total } = timeOnce(() => {
    interceptKernels(
      () => {
        for (let step = 0; step < STEPS; step++) running.run();
      },
      (kernel, args, run) => {
        const before = performance.now();
        run();
        add(spent, kernel === "matmul" ? `matmul ${layout(args as KernelArgs["matmul"])}` : kernel, performance.now() - before);
      },
    );
  });
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

function add(spent: Map<string, Spent>, what: string, ms: number): void {
  const so = spent.get(what) ?? { ms: 0, calls: 0 };
  spent.set(what, { ms: so.ms + ms, calls: so.calls + 1 });
}

function layout({ transposeA, transposeB }: KernelArgs["matmul"]): string {
  return `${transposeA ? "T" : "N"}${transposeB ? "T" : "N"}`;
}

function line(what: string, ms: number, total: number, calls?: number): string {
  const cells = [
    what.padEnd(24),
    `${(ms / STEPS).toFixed(2)} ms`.padStart(11),
    `${((100 * ms) / total).toFixed(1)} %`.padStart(8),
  ];
  return `  ${cells.join("")}${calls === undefined ? "" : `${calls.toFixed(0)} calls`.padStart(12)}`;
}

import { Bench } from "tinybench";

export interface Timing {
  medianMs: number;
  minMs: number;
}

/** Long enough for V8 to have compiled the wasm anew and for the median to hold still. */
const WARM_UP = { warmupTime: 100, warmupIterations: 3 };
const MEASURED = { time: 400, iterations: 7 };

export function time(run: () => void): Timing {
  const bench = new Bench({ ...WARM_UP, ...MEASURED, throws: true });
  const task = bench.add("", run);
  bench.runSync();
  const { result } = task.tasks[0]!;
  if (result.state !== "completed") throw new Error(`bench: tinybench ended as ${result.state}`);
  return { medianMs: result.latency.p50, minMs: result.latency.min };
}

export function timeOnce(run: () => void): Timing {
  const start = performance.now();
  run();
  const medianMs = performance.now() - start;
  return { medianMs, minMs: medianMs };
}

/** Shorter than this, V8 is still interpreting when a single run ends. */
const COLD_MS = 200;

/** The quickest of the runs that fit into `COLD_MS`, and one run of what takes longer. */
export function quickestOf(run: () => void): number {
  let quickest = Number.POSITIVE_INFINITY;
  const start = performance.now();
  do quickest = Math.min(quickest, timeOnce(run).medianMs);
  while (performance.now() - start < COLD_MS);
  return quickest;
}

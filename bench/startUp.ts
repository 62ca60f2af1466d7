import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runtime } from "../ts/runtime/index.ts";
import type { BenchRecord } from "./record.ts";

/** Processes, each of which calls `init()` once. */
const TIMES = 5;

export const startUps = [
  { name: "init", waits: false },
  { name: "init, waiting for the workers", waits: true },
] as const;
export const startUpShape = `fresh process, ${TIMES} times`;

/** How long `init()` takes with the variant of this process; if it `waits`, with its threads too. */
export function runStartUp({ name, waits }: (typeof startUps)[number]): BenchRecord {
  const { variant, threads } = runtime;
  const script = fileURLToPath(new URL("./initOnce.ts", import.meta.url));
  const asked = JSON.stringify({ variant: variant.name, ...(waits && { threads: threads.count }) });
  const answers = Array.from({ length: TIMES }, () => {
    const text = execFileSync(process.execPath, [...process.execArgv, script, asked], { encoding: "utf8" });
    return JSON.parse(text) as { ms: number; variant: string; threads: number };
  });
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  const checked = answers.every((each) => each.variant === variant.name && (!waits || each.threads === threads.count));
  return {
    ...{ name, shape: startUpShape, variant: variant.name, threads: threads.count },
    ...{ medianMs: times[Math.floor(TIMES / 2)]!, minMs: times[0]!, ceiling: null, share: null, checked },
  };
}

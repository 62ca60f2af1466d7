import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { InitOptions } from "../ts/runtime/index.ts";
import type { Ceilings } from "./ceiling.ts";
import type { Baseline, BenchRecord } from "./record.ts";
import { UsageError } from "./usageError.ts";

/** What one process is asked to do. */
export interface Job {
  kind: "bench" | "baseline" | "profile";
  init: Pick<InitOptions, "variant" | "threads">;
  /** Of its cases. */
  names: readonly string[];
}

/** What it says. */
export type Message =
  | { kind: "ceilings"; ceilings: Ceilings }
  | { kind: "record"; record: BenchRecord }
  | { kind: "baseline"; baseline: Baseline | null }
  | { kind: "lines"; lines: string[] }
  | { kind: "error"; refused: boolean; message: string };

/** V8 of Node 20 has relaxed SIMD behind a flag, and is slower with it than without: only if it is asked for by name. Later ones have it by default. */
function engineFlags({ variant }: Job["init"]): string[] {
  const nodeMajor = Number(process.versions.node.split(".")[0]);
  return nodeMajor < 22 && variant?.startsWith("relaxed") ? ["--experimental-wasm-relaxed-simd"] : [];
}

/** Runs `job` in a process of its own and hands on what it says. Rejects if it fails. */
export function runJob(job: Job, hear: (message: Exclude<Message, { kind: "error" }>) => void): Promise<void> {
  const script = fileURLToPath(new URL("./child.ts", import.meta.url));
  const execArgv = ["--import", import.meta.resolve("tsx"), ...engineFlags(job.init)];
  const child = fork(script, [JSON.stringify(job)], { execArgv });
  return new Promise((resolve, reject) => {
    let failure: Error | null = null;
    child.on("message", (message: Message) => {
      if (message.kind === "error") failure = message.refused ? new UsageError(message.message) : new Error(message.message);
      else hear(message);
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      if (failure) reject(failure);
      else if (code !== 0) reject(new Error(`bench: a measuring process ended with ${signal ?? `exit code ${code}`}`));
      else resolve();
    });
  });
}

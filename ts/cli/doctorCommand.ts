import { dispose, init, runtime } from "../runtime/index.ts";
import { bytesText } from "./text.ts";

/** What this machine and engine give, and why not more. 1 if Fovea does not run here. */
export async function doctorCommand({ json }: { json: boolean }): Promise<number> {
  const { simd, relaxedSimd, threads: shared } = runtime.features;
  const engine = `Node ${process.versions.node}, V8 ${process.versions.v8}, ${process.platform} ${process.arch}`;
  let problem: string | null = null;
  try {
    await init();
    await workersReady();
  } catch (error) {
    problem = (error as Error).message;
  }
  const running = problem === null ? { variant: runtime.variant, threads: runtime.threads, memory: runtime.memory } : null;
  const report = { engine, simd, relaxedSimd, sharedMemory: shared, ...running, problem };
  await dispose();
  const lines = [
    `engine        ${engine}`,
    `SIMD          ${simd ? "yes" : "no: Fovea does not run without it"}`,
    `relaxed SIMD  ${relaxedSimd ? "yes" : "no: Node 22 and later have it, Node 20 behind --experimental-wasm-relaxed-simd"}`,
    `atomics       ${shared ? "yes" : "no: kernels run on one thread"}`,
    ...(running
      ? [
          `variant       ${running.variant.name} (${running.variant.reason})`,
          `threads       ${running.threads.count} (${running.threads.reason})`,
          `memory        up to ${bytesText(running.memory.limit)}`,
        ]
      : [`problem       ${problem}`]),
  ];
  console.log(json ? JSON.stringify(report, null, 2) : lines.join("\n"));
  return problem === null ? 0 : 1;
}

const LONGEST_START = 3000; // ms: workers take some 50

async function workersReady(): Promise<void> {
  const until = performance.now() + LONGEST_START;
  const starting = (): boolean => runtime.threads.reason.endsWith("once the workers have started");
  while (starting() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
}

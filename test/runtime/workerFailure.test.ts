import { afterEach, expect, it, vi } from "vitest";
import { attach, binding, detach } from "../../ts/runtime/binding.ts";
import { heap } from "../../ts/runtime/heap.ts";
import { instantiate } from "../../ts/runtime/instantiate.js";
import { Pool } from "../../ts/runtime/threads.ts";
import { poolModule, steps, wake } from "../harness/poolModule.ts";

const WORKERS = 3;
let pool: Pool | null = null;
let memory: WebAssembly.Memory;

afterEach(async () => {
  vi.restoreAllMocks();
  await pool?.stop();
  detach();
  heap.close();
});

async function start(module: WebAssembly.Module, onProblem?: (problem: string) => void): Promise<Pool> {
  memory = new WebAssembly.Memory({ initial: 32, maximum: 1024, shared: true });
  pool = await Pool.spawn(WORKERS, onProblem);
  const exports = instantiate(poolModule([]), memory);
  pool.connect(module, memory, exports);
  heap.open(memory, 1024 * 65_536);
  attach({ ...exports, nothing: () => 0 }, pool);
  return pool;
}

const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await new Promise((next) => setTimeout(next, 1));
};

it("takes the workers in once all are in their loop", async () => {
  const started = await start(poolModule([steps.enter, steps.sleep]));
  await started.ready();
  expect([started.threads(), started.trapped(), started.problem]).toEqual([WORKERS + 1, false, null]);
});

it.each([
  ["traps before its loop", poolModule([steps.trap]), /worker \d of 3: unreachable/],
  ["returns before its loop", poolModule([]), /worker \d of 3: it ended/],
  [
    "cannot instantiate the module",
    poolModule([], { unknownImport: true }),
    /worker \d of 3: the module wants function m surprise/,
  ],
])("says so if a worker %s", async (_, module, cause) => {
  const started = await start(module);
  await expect(started.ready()).rejects.toMatchObject({ code: "POOL_START", message: expect.stringMatching(cause) });
  expect(started.threads()).toBe(1);
});

it("gives up after ten seconds on workers that never come", async () => {
  const started = await start(poolModule([steps.sleep]));
  const now = performance.now();
  vi.spyOn(performance, "now").mockReturnValue(now + 10_001);
  await expect(started.ready()).rejects.toThrow(
    "init: every worker must start, got 3 of 3 had not started after 10 s; init({ threads: 1 }) runs without workers",
  );
});

it("goes on with one thread, and says why, where nobody waits for the workers", async () => {
  const problems: string[] = [];
  const started = await start(poolModule([steps.trap]), (problem) => problems.push(problem));
  await until(() => problems.length > 0);
  binding.check();
  expect([binding.threads(), started.trapped()]).toEqual([1, false]);
  binding.run("nothing", {}, []);
  expect(problems).toEqual([started.problem]);
});

it.each([
  ["traps", [steps.enter, steps.sleep, steps.trap]],
  ["ends", [steps.enter, steps.sleep]],
])("ends in a typed error if a worker %s while it works, and runs nothing more", async (_, loop) => {
  const started = await start(poolModule(loop));
  await started.ready();
  expect(started.trapped()).toBe(false);
  await until(() => {
    wake(memory); // again and again: one that had only just said it is there may not sleep yet
    return started.trapped();
  });
  expect(() => binding.run("nothing", {}, [])).toThrow(
    expect.objectContaining({
      code: "WORKER_TRAP",
      message:
        "kernels: a worker trapped in a kernel, so its memory can no longer be trusted; await dispose() and init() again, and load what was saved",
    }),
  );
  expect(() => binding.check()).toThrow(expect.objectContaining({ code: "WORKER_TRAP" }));
});

it("stops workers that are asleep, still starting, or not yet told anything", async () => {
  const asleep = await start(poolModule([steps.enter, steps.sleep]));
  await asleep.ready();
  await asleep.stop();
  const starting = await start(poolModule([steps.sleep]));
  await starting.stop();
  await (await Pool.spawn(WORKERS)).stop();
  await expect(starting.ready()).rejects.toMatchObject({ code: "POOL_START" });
});

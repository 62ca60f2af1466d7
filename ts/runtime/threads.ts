import type { PoolState, WasmFunction } from "./binding.ts";
import { FoveaError } from "./errors.ts";
import { isNode, nodeModule } from "./node.ts";

/** What a worker is told; see worker.js. */
interface Job {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Its number in the pool; the caller is 0. */
  readonly index: number;
  readonly stackBytes: number;
}

/** A worker of either kind, Node's or a page's. */
interface WorkerThread {
  post(job: Job): void;
  terminate(): Promise<unknown>;
}

type Spawn = (onProblem: (problem: string) => void) => WorkerThread;

const STACK_BYTES = 1 << 20; // the same as the caller's; wasm-bindgen takes it from Rust's allocator
const START_DEADLINE_MS = 10_000;

/**
 * The workers that share the module's memory. They start while the module compiles. Until all of them are in their loop kernels run on
 * one thread: a worker takes 20 to 25 ms to start (Node 20, two cores, November 2026), the module itself 5, and the bits are the same.
 */
export class Pool implements PoolState {
  readonly #workers: WorkerThread[] = [];
  readonly #deadline = performance.now() + START_DEADLINE_MS;
  #exports: Readonly<Record<string, WasmFunction>> | null = null;
  #words = new Int32Array();
  #state: "starting" | "working" | "stopped" = "starting";
  #problem: string | null = null;
  #onProblem: (problem: string) => void = () => undefined;

  /** Starts `workers` workers; they wait for `connect`. `onProblem` hears why the pool did not come about. */
  static async spawn(workers: number, onProblem?: (problem: string) => void): Promise<Pool> {
    const spawn = isNode ? await nodeSpawn() : pageSpawn;
    const pool = new Pool();
    if (onProblem) pool.#onProblem = onProblem;
    for (let index = 1; index <= workers; index += 1) {
      pool.#workers.push(spawn((problem) => pool.#fail(`worker ${index} of ${workers}: ${problem}`)));
    }
    return pool;
  }

  /** Gives the workers what they run. */
  connect(module: WebAssembly.Module, memory: WebAssembly.Memory, exports: Readonly<Record<string, WasmFunction>>): void {
    this.#exports = exports;
    this.#words = new Int32Array(memory.buffer); // low addresses: the view stays good when memory grows
    this.#workers.forEach((worker, i) => {
      worker.post({ module, memory, index: i + 1, stackBytes: STACK_BYTES });
    });
  }

  threads(): number {
    if (this.#state === "starting" && this.#exports) this.#look(this.#exports);
    return this.#state === "working" ? this.#workers.length + 1 : 1;
  }

  trapped(): boolean {
    return this.#state === "working" && Atomics.load(this.#words, this.#word("pool_trapped_address")) !== 0;
  }

  /** Why there are fewer threads than planned; null if there are not. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Waits until the workers are in their loop. Throws `POOL_START` if one does not get there, within ten seconds. */
  async ready(): Promise<void> {
    while (this.threads() === 1 && this.#state === "starting") await new Promise((done) => setTimeout(done, 1));
    if (this.#state === "working") return;
    const advice = "init({ threads: 1 }) runs without workers";
    throw new FoveaError("POOL_START", `init: every worker must start, got ${this.#problem ?? "dispose() meanwhile"}; ${advice}`);
  }

  /** Ends the workers. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** Takes the workers in once all of them have entered their loop. */
  #look(exports: Readonly<Record<string, WasmFunction>>): void {
    const ready = Atomics.load(this.#words, this.#word("pool_ready_address"));
    if (ready === this.#workers.length) {
      exports.pool_configure!(this.#workers.length + 1);
      this.#state = "working";
    } else if (performance.now() > this.#deadline) {
      this.#fail(
        `${this.#workers.length - ready} of ${this.#workers.length} had not started after ${START_DEADLINE_MS / 1000} s`,
      );
    }
  }

  #word(address: "pool_ready_address" | "pool_trapped_address"): number {
    return this.#exports![address]!() >>> 2;
  }

  /** A worker has died. Before all had started the rest go as well; later, whoever waits for it finds out. */
  #fail(problem: string): void {
    if (this.#state === "stopped") return;
    this.#problem = problem;
    if (this.#state === "working") {
      Atomics.store(this.#words, this.#word("pool_trapped_address"), 1);
    } else {
      void this.stop();
      this.#onProblem(problem);
    }
  }
}

async function nodeSpawn(): Promise<Spawn> {
  const { Worker } = await nodeModule<typeof import("node:worker_threads")>("worker_threads");
  const file = "./worker.js"; // in a variable: a bundler for pages would copy the file a second time
  return (onProblem) => {
    // No execArgv: what loads the program's own sources need not load in every worker.
    const worker = new Worker(new URL(file, import.meta.url), { execArgv: [], name: "fovea" });
    worker.on("message", onProblem);
    worker.on("error", (error) => onProblem(error.message));
    worker.on("exit", () => onProblem("it ended"));
    worker.unref(); // an idle worker does not keep the program running
    return {
      post: (job) => worker.postMessage(job),
      terminate: () => {
        worker.ref(); // or the program could end while somebody awaits this
        return worker.terminate();
      },
    };
  };
}

const pageSpawn: Spawn = (onProblem) => {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "fovea" });
  worker.onmessage = ({ data }: MessageEvent<string>) => onProblem(data);
  worker.onmessageerror = () => onProblem("it could not receive the module or the memory");
  worker.onerror = (event) => {
    event.preventDefault();
    onProblem(event.message ?? "its script could not be loaded (missing, or refused by a content security policy)");
  };
  return {
    post: (job) => worker.postMessage(job),
    terminate: async () => worker.terminate(),
  };
};

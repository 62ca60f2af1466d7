// A worker's whole life: one message with the module, the memory and its number; then the pool's loop, in Rust, until the pool stops.
// Plain JavaScript, so that it runs from the sources and from the package alike.
import { instantiate } from "./instantiate.js";

/** @typedef {{ module: WebAssembly.Module, memory: WebAssembly.Memory, index: number, stackBytes: number }} Job */

const NODE = globalThis.process?.versions?.node !== undefined;

if (NODE) {
  const threads = "node:worker_threads"; // in a variable: a bundler for pages must not look for it
  import(/* @vite-ignore */ /* webpackIgnore: true */ threads).then(({ parentPort }) => {
    parentPort.once("message", (/** @type {Job} */ job) => run(job, (problem) => parentPort.postMessage(problem)));
  });
} else {
  globalThis.onmessage = ({ data }) => {
    run(data, (problem) => globalThis.postMessage(problem));
    globalThis.close();
  };
}

/**
 * @param {Job} job
 * @param {(problem: string) => void} report
 */
function run({ module, memory, index, stackBytes }, report) {
  let died = () => {};
  try {
    const exports = instantiate(module, memory, stackBytes);
    const trapped = /** @type {() => number} */ (exports.pool_trapped_address)() >>> 2;
    died = () => Atomics.store(new Int32Array(memory.buffer), trapped, 1); // whoever waits for this worker looks there
    /** @type {(index: number) => void} */ (exports.worker_loop)(index);
  } catch (error) {
    died();
    report(error instanceof Error ? error.message : String(error));
  }
}

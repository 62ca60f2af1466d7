// How long kernels may hold the thread before timers, input and an abort get their turn: a frame of a page.
const LONGEST = 16;

/**
 * Lets the event loop run, if that is due, and throws the signal's reason once it is aborted. To be awaited between steps.
 */
export class Breather {
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  async breathe(): Promise<void> {
    this.#signal?.throwIfAborted();
    if (performance.now() - this.#last < LONGEST) return;
    await nextTask();
    this.#last = performance.now();
    this.#signal?.throwIfAborted();
  }
}

/** After the tasks that are waiting now. `setTimeout` would wait 4 ms in a page. */
function nextTask(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

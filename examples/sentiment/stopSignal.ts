const SAME_PRESS = 500; // ms within which a second signal is the same Ctrl-C, handed on by npm

export interface StopSignal {
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Ctrl-C ends the process again, as usual. */
  release(): void;
}

/** Turns Ctrl-C into an abort, so that work can be saved; a second Ctrl-C ends the process at once. */
export function stopSignal(): StopSignal {
  const controller = new AbortController();
  let first = 0;
  const stop = (): void => {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort();
    } else if (performance.now() - first > SAME_PRESS) process.exit(130);
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, stop);
    },
  };
}

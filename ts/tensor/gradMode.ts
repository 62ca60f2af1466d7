import { FoveaError } from "../runtime/errors.ts";

let enabled = true;

/** Whether ops record what their backward needs. */
export function gradEnabled(): boolean {
  return enabled;
}

/**
 * Runs `fn` without recording gradients: what it computes does not require any. Nests. Throws `STATE` if `fn` returns a promise,
 * as recording would be on again while it still runs.
 */
export function noGrad<T>(fn: () => T): T {
  return inMode(false, "noGrad", fn);
}

/** Runs `fn` with recording on, inside `noGrad` too. */
export function withGrad<T>(fn: () => T): T {
  return inMode(true, "withGrad", fn);
}

function inMode<T>(mode: boolean, name: string, fn: () => T): T {
  const before = enabled;
  enabled = mode;
  try {
    return settled(name, fn());
  } finally {
    enabled = before;
  }
}

/** `result`, unless it is a promise. */
export function settled<T>(name: string, result: T): T {
  if (!(result instanceof Promise)) return result;
  result.catch(() => undefined); // the caller hears of this error instead
  throw new FoveaError("STATE", `${name}: the function must finish before it returns, got a promise; await outside of ${name}`);
}

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
  const before = enabled;
  enabled = false;
  try {
    return settled("noGrad", fn());
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

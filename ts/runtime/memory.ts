import { FoveaError } from "./errors.ts";
import { isNode } from "./node.ts";

const PAGE = 65_536;
const FIRST_PAGES = 32; // 2 MiB: the module's constants and the caller's 1 MiB stack; a module that needs more does not instantiate
const LEAST_PAGES = 1024; // 64 MiB: below that nothing useful trains
// What is asked for first. Address space only, until touched; a page competes for it with other tabs, and phones refuse more.
const MOST_PAGES = isNode ? 65_536 : 32_768;

/** A wasm memory and the bytes it may grow to: as many as the engine grants, halving from 4 GiB (2 GiB in a page), or `limit`. */
export function reserve(shared: boolean, limit?: number): { memory: WebAssembly.Memory; limit: number } {
  if (limit !== undefined && !(Number.isFinite(limit) && limit >= FIRST_PAGES * PAGE && limit <= 65_536 * PAGE)) {
    throw new FoveaError("RANGE", `init: memoryLimit must be from 2 ** 21 to 2 ** 32 bytes, got ${String(limit)}`);
  }
  let maximum = limit === undefined ? MOST_PAGES : Math.floor(limit / PAGE);
  for (;;) {
    try {
      const memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum, shared });
      return { memory, limit: maximum * PAGE };
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      maximum = Math.floor(maximum / 2);
      if (maximum < LEAST_PAGES) {
        const advice = "close other pages or dispose() runtimes that are no longer used";
        throw new FoveaError(
          "OUT_OF_MEMORY",
          `init: the engine refuses to reserve ${maximum * PAGE} bytes of memory; ${advice}`,
          { cause },
        );
      }
    }
  }
}

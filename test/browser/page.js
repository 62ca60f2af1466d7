// What train20.html runs: the built package, as a page loads it.
import { train20 } from "./train20.js";

const page = /** @type {{ result?: unknown, failure?: string }} */ (/** @type {unknown} */ (window));

try {
  const built = /** @type {string} */ ("../../dist/index.js"); // as a string, since dist is not there when the sources are checked
  const fovea = /** @type {typeof import("../../ts/index.ts")} */ (await import(built));
  // Given a number, init waits for the workers.
  await fovea.init(window.crossOriginIsolated ? { deterministic: true, threads: 2 } : { deterministic: true });
  page.result = { ...train20(fovea), isolated: window.crossOriginIsolated };
  await fovea.dispose();
} catch (error) {
  const { name, message } = /** @type {Error} */ (error);
  page.failure = `${name}: ${message}`;
}

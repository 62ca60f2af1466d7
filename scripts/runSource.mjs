// Sets up what is missing, then runs a TypeScript file of this repository with this process's arguments, in this very process: Ctrl-C and
// the exit code need no passing on.
import { root } from "./setup/paths.mjs";
import { orExplain, setUp } from "./setup.mjs";

const SAME_KEY_PRESS = 200; // ms

/** @param {string} file from the repository's root */
export const runSource = (file) =>
  orExplain(async () => {
    await setUp();
    process.argv = [process.execPath, root(file), ...process.argv.slice(2)];
    oneSignalPerKeyPress();
    const { register } = await import("tsx/esm/api");
    register({ tsconfig: root("tsconfig.json") });
    await import(`../${file}`);
  });

/** The terminal sends Ctrl-C to this process, and npm passes it on a second time: that is not a second Ctrl-C. */
function oneSignalPerKeyPress() {
  const emit = process.emit;
  let last = Number.NEGATIVE_INFINITY;
  process.emit = /** @type {typeof process.emit} */ (
    (/** @type {string} */ event, /** @type {unknown[]} */ ...args) => {
      const now = performance.now();
      if (event === "SIGINT" && now - last < SAME_KEY_PRESS) return true;
      if (event === "SIGINT") last = now;
      return Reflect.apply(emit, process, [event, ...args]);
    }
  );
}

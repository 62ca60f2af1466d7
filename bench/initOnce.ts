/** Calls `init()` with the options given and prints, as JSON, how long it took and what then runs. */
import { dispose, type InitOptions, init, runtime } from "../ts/runtime/index.ts";

const options = JSON.parse(process.argv[2] ?? "{}") as InitOptions;
const start = performance.now();
await init(options);
const ms = performance.now() - start;
console.log(JSON.stringify({ ms, variant: runtime.variant.name, threads: runtime.threads.count }));
await dispose();

// `npm run bench -- …`: the benches, with those arguments.
import { runSource } from "./runSource.mjs";

await runSource("bench/main.ts");

// `npm run bench:tile`: the candidates for the register tile.
import { runSource } from "./runSource.mjs";

await runSource("bench/tile/main.ts");

// `npm run bench:table -- [RECORD]`: the README's table of performance, from a record of `npm run bench:rivals`.
import { runSource } from "./runSource.mjs";

await runSource("bench/rivals/writeReadme.ts");

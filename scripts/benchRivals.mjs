// `npm run bench:rivals -- …`: ours beside other libraries, with those arguments.
import { runSource } from "./runSource.mjs";

await runSource("bench/rivals/main.ts");

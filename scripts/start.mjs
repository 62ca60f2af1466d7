// `npm start -- …`: the example, with those arguments.
import { runSource } from "./runSource.mjs";

await runSource("examples/sentiment/main.ts");

// `npm run example -- NAME …`: the example of that name, with the other arguments.
import { existsSync, readdirSync } from "node:fs";
import { runSource } from "./runSource.mjs";
import { root } from "./setup/paths.mjs";

const examples = readdirSync(root("examples")).filter((name) => existsSync(root(`examples/${name}/main.ts`)));
const [name = ""] = process.argv.splice(2, 1);
if (/^\w+$/.test(name) && existsSync(root(`examples/${name}/main.ts`))) await runSource(`examples/${name}/main.ts`);
else {
  console.error(`npm run example -- NAME …: NAME is one of ${examples.join(", ")}`);
  process.exitCode = 1;
}

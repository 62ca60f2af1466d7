// `npm run compatibility`: writes docs/compatibility.md.
import { writeFileSync } from "node:fs";
import { compatibilityPage, PAGE } from "./compatibility/page.mjs";
import { root } from "./setup/paths.mjs";

writeFileSync(root(PAGE), compatibilityPage());
console.log(`${PAGE} is written`);

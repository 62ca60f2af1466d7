import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "vitest";
import { root } from "../../scripts/setup/paths.mjs";

const installed = existsSync(root("bench/rivals/node_modules"));
if (!installed)
  console.log("types of the npm rivals are not checked: bench/rivals is not installed (npm run bench:rivals does it)");

test.skipIf(!installed)("what drives the npm rivals fits their types", () => {
  const tsc = root("node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", root("bench/rivals")], { stdio: "inherit" });
});

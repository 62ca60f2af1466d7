import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../scripts/setup/paths.mjs";

// A group that no test names would look covered by lying here.

const here = root("test/golden");
const groups = readdirSync(here).filter((name) => existsSync(join(here, name, "index.json")));
const tests = ["test/golden", "test/io"].flatMap((folder) =>
  readdirSync(root(folder))
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => readFileSync(root(`${folder}/${name}`), "utf8")),
);

test.each(groups)("PyTorch's %s are run by a test", (group) => {
  expect(tests.some((text) => new RegExp(`["\`/]${group}["/]`).test(text))).toBe(true);
});

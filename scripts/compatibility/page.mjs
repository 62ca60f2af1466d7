// docs/compatibility.md, from the list of entries and the goldens' indexes.
import { readFileSync } from "node:fs";
import { root } from "../setup/paths.mjs";
import { OURS_ALONE, SECTIONS } from "./entries.mjs";

/** @typedef {import("./entries.mjs").Entry} Entry */

export const PAGE = "docs/compatibility.md";

/** How many of PyTorch's cases a selector means: `group`, or `group field=value`. @param {string} selector */
export function countGoldens(selector) {
  const [group = "", condition] = selector.split(" ");
  const { cases } = JSON.parse(readFileSync(root(`test/golden/${group}/index.json`), "utf8"));
  const [field = "", value] = condition?.split("=") ?? [];
  return cases.filter((/** @type {Record<string, unknown>} */ each) => !condition || each[field] === value).length;
}

/** Single names of a list of them. @param {string} [names] @returns {string[]} */
export const namesOf = (names) => names?.split(", ") ?? [];

export function compatibilityPage() {
  const sections = SECTIONS.map(
    ({ title, entries }) =>
      `## ${title}\n\n| PyTorch | Fovea | | held to |\n| --- | --- | --- | --- |\n${entries.map((entry) => `${row(entry)}\n`).join("")}`,
  );
  const alone = Object.entries(OURS_ALONE).map(([name, what]) => `| \`${name}\` | ${what} |\n`);
  return `# Compatibility with PyTorch

What of PyTorch 2.9 is here under the same name, with the same defaults, initial values and state-dict keys: **yes**, or how it **differs**; and
what is **no**t here. *Held to* is the number of cases whose outputs and gradients PyTorch computed and ours are compared with in \`test/golden/\`.
Everywhere: batch first, camelCase options, \`axis\` for \`dim\`.

<!-- Written by \`npm run compatibility\` from the lists in scripts/compatibility/. -->

${sections.join("\n")}
## Not in PyTorch

| class | |
| --- | --- |
${alone.join("")}`;
}

/** @param {Entry} entry */
function row({ torch, ours, differs, goldens }) {
  const code = (/** @type {string} */ name) => `\`${name}\``;
  const counterpart = ours ? namesOf(ours).map(code).join(", ") : "no";
  const count = goldens ? countGoldens(goldens) : 0;
  const cases = count > 0 ? `${count} ${count === 1 ? "case" : "cases"}` : "";
  return `| ${ours ? namesOf(torch).map(code).join(", ") : torch} | ${counterpart} | ${ours ? (differs ?? "yes") : ""} | ${cases} |`;
}

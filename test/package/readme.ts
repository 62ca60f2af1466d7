import { readFileSync } from "node:fs";
import { root } from "../../scripts/setup/paths.mjs";

/** The TypeScript blocks of the README, in order. */
export function readmeSnippets(): string[] {
  const text = readFileSync(root("README.md"), "utf8");
  return [...text.matchAll(/^```(?:ts|js)\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? "");
}

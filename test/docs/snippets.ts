import { readFileSync } from "node:fs";
import { transform } from "esbuild";
import * as fovea from "fovea";
import { expect, test } from "vitest";
import { root } from "../../scripts/setup/paths.mjs";

/** A block of code in a page. */
export interface Block {
  line: number;
  text: string;
}

/** By the name that a snippet imports. */
export type Modules = Readonly<Record<string, object>>;

/** Half of the last decimal that the pages write; a formula computed in float32 is far closer. */
const TOLERANCE = 5e-5;

/** `expression; // = what it gives`, at the start of a line or after a loop's head. */
const CHECK = /^((?:for await \(.*?\) )?)(\S.*); \/\/ = (.+)$/gm;

export function readPage(path: string): string {
  return readFileSync(root(path), "utf8");
}

/** The blocks of a language. */
export function blocks(page: string, language: string): Block[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, "gm"))].map((match) => ({
    line: page.slice(0, match.index).split("\n").length,
    text: match[1] ?? "",
  }));
}

/** A test for each snippet: it runs, and what each checked line gives is what its comment says. */
export function testSnippets(snippets: readonly Block[], modules: Modules): void {
  test.each(snippets)("line $line", async ({ text }) => {
    expect(text.match(CHECK), "a snippet without a check").not.toBeNull();
    let checked = 0;
    const run = await compiled(text);
    fovea.manualSeed(1);
    await run(modules, (got: unknown, wanted: unknown) => {
      checked += 1;
      expectSame(got, wanted);
    });
    expect(checked).toBe(text.match(CHECK)?.length);
  });
}

/** A snippet as a function of the modules and of what its checks call. */
async function compiled(text: string): Promise<(modules: Modules, check: unknown) => Promise<void>> {
  const checks = text.replace(CHECK, "$1check($2, $3);");
  const { code } = await transform(checks, { loader: "ts", tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } } });
  const body = code.replace(/^import (\{[^}]*\}) from ("[^"]+");$/gm, "const $1 = modules[$2];");
  return new Function("modules", "check", `return (async () => {\n${body}\n})();`) as Awaited<ReturnType<typeof compiled>>;
}

function expectSame(got: unknown, wanted: unknown, path = "it"): void {
  if (typeof wanted === "number" && typeof got === "number") {
    const near = Math.abs(got - wanted) <= TOLERANCE;
    expect(near, `${path} is ${got}, not ${wanted}`).toBe(true);
  } else if (Array.isArray(wanted) && Array.isArray(got)) {
    expect(got.length, `length of ${path}`).toBe(wanted.length);
    wanted.forEach((value, i) => {
      expectSame(got[i], value, `${path}[${i}]`);
    });
  } else expect(got, path).toEqual(wanted);
}

import { readFileSync } from "node:fs";
import { transform } from "esbuild";
import * as fovea from "fovea";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/setup/paths.mjs";

const page = readFileSync(root("docs/attention.md"), "utf8");

/** Half of the last decimal that the page writes; a formula computed in float32 is far closer. */
const TOLERANCE = 5e-5;

/** `expression; // = what it gives` */
const CHECK = /^(\S.*); \/\/ = (.+)$/gm;

const MASKS = "causal window sinks lengths documents packed prefix keep drop bias slopes all".split(" ");

interface Block {
  line: number;
  text: string;
}

const snippets = blocks("ts");
const drawings = blocks("text");

beforeAll(() => fovea.init({ threads: 1 }));
afterAll(() => fovea.dispose());

describe("snippets of docs/attention.md", () => {
  test.each(snippets)("line $line", async ({ text }) => {
    expect(text.match(CHECK), "a snippet without a check").not.toBeNull();
    let checked = 0;
    const run = await compiled(text);
    fovea.manualSeed(1);
    await run(fovea, (got: unknown, wanted: unknown) => {
      checked += 1;
      expectSame(got, wanted);
    });
    expect(checked).toBe(text.match(CHECK)?.length);
  });
});

describe("drawings of docs/attention.md", () => {
  test.each(drawings)("line $line", ({ text }) => {
    const [expression = "", ...rows] = text.trimEnd().split("\n");
    const drawn = rows
      .join("\n")
      .split("\n\n")
      .map((item) => item.split("\n").map((row) => row.split(" ").map(Number)));
    expect(seen(maskOf(expression), drawn)).toEqual(drawn);
  });

  test("every mask is drawn", () => {
    const undrawn = MASKS.filter((name) => !drawings.some(({ text }) => text.split("\n", 1)[0]!.includes(`${name}(`)));
    expect(undrawn).toEqual([]);
  });
});

function blocks(language: string): Block[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, "gm"))].map((match) => ({
    line: page.slice(0, match.index).split("\n").length,
    text: match[1] ?? "",
  }));
}

/** A snippet as a function of the library and of what its checks call. */
async function compiled(text: string): Promise<(library: object, check: unknown) => Promise<void>> {
  const checks = text.replace(CHECK, "check($1, $2);");
  const { code } = await transform(checks, { loader: "ts", tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } } });
  const body = code.replace(/^import (\{[^}]*\}) from "fovea";$/m, "const $1 = library;");
  return new Function("library", "check", `return (async () => {\n${body}\n})();`) as Awaited<ReturnType<typeof compiled>>;
}

function maskOf(expression: string): fovea.Mask {
  return new Function(...Object.keys(fovea), `return ${expression};`)(...Object.values(fovea));
}

/** 1 where a weight is not zero, for as many items, queries and keys as are drawn. */
function seen(mask: fovea.Mask, drawn: number[][][]): number[][][] {
  return fovea.scope(() => {
    const [batch, queryLen, keyLen] = [drawn.length, drawn[0]!.length, drawn[0]![0]!.length];
    const [query, key] = [fovea.randn([batch, queryLen, 1, 4]), fovea.randn([batch, keyLen, 1, 4])];
    const { weights } = fovea.scaledDotProductAttention(query, key, key, { mask, needWeights: true });
    const items = weights!.reshape([batch, queryLen, keyLen]).toNested() as number[][][];
    return items.map((item) => item.map((row) => row.map((weight) => (weight === 0 ? 0 : 1))));
  });
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

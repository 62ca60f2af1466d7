import * as fovea from "fovea";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocks, readPage, testSnippets } from "./snippets.ts";

const page = readPage("docs/attention.md");

const MASKS = "causal window sinks lengths documents packed prefix keep drop bias slopes all".split(" ");

const drawings = blocks(page, "text");

beforeAll(() => fovea.init({ threads: 1 }));
afterAll(() => fovea.dispose());

describe("snippets of docs/attention.md", () => {
  testSnippets(blocks(page, "ts"), { fovea });
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

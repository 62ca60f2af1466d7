import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { OURS_ALONE, SECTIONS } from "../../scripts/compatibility/entries.mjs";
import { compatibilityPage, countGoldens, namesOf, PAGE } from "../../scripts/compatibility/page.mjs";
import * as fovea from "../../ts/index.ts";

const entries = SECTIONS.flatMap((section) => section.entries);
const listed = new Set([...entries.flatMap(({ ours }) => namesOf(ours)), ...Object.keys(OURS_ALONE)]);
const exported = Object.entries(fovea);

const isClass = (value: unknown): boolean =>
  typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));

test("every class that is exported is in the table, or said to be ours alone", () => {
  const classes = exported.filter(([, value]) => isClass(value)).map(([name]) => name);
  expect(classes.length).toBeGreaterThan(40);
  expect(
    classes.filter((name) => !listed.has(name)),
    "add to the lists in scripts/compatibility/, then npm run compatibility",
  ).toEqual([]);
});

test("every name in the table is exported", () => {
  expect([...listed].filter((name) => !(name in fovea))).toEqual([]);
});

test("nothing is said twice", () => {
  const torch = entries.map((entry) => entry.torch);
  expect(new Set(torch).size).toBe(torch.length);
});

test.each(entries.filter(({ goldens }) => goldens))("$torch is held to cases that are there: $goldens", ({ goldens }) => {
  expect(countGoldens(goldens!)).toBeGreaterThan(0);
});

test("the page is what the list makes of it: npm run compatibility", () => {
  expect(readFileSync(PAGE, "utf8")).toBe(compatibilityPage());
});

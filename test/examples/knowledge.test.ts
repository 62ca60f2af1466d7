import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Rng } from "fovea";
import { afterAll, describe, expect, test } from "vitest";
import { Facts, readFacts } from "../../examples/knowledge/facts.ts";
import { makeClaims } from "../../examples/knowledge/makeClaims.ts";
import { runExample } from "./runExample.ts";

const cwd = mkdtempSync(join(tmpdir(), "fovea-knowledge-"));
afterAll(() => rmSync(cwd, { recursive: true }));

describe("facts", () => {
  const facts = new Facts([
    ["ann", "lives in", "new york"],
    ["bob", "knows", "ann"],
    ["new york", "lies in", "america"],
    ["america", "is", "large"],
  ]);

  test("are looked up by whom a text names, in its order, and from there as far as asked", () => {
    const words = (text: string, hops?: number) => facts.about(text, hops).map((fact) => fact.join(" "));
    expect(facts.size).toBe(4);
    expect(words("is ann in america", 1)).toEqual(["ann lives in new york", "america is large"]);
    expect(words("so bob says")).toEqual(["bob knows ann", "ann lives in new york"]);
    expect(words("bob", 4)).toHaveLength(4);
    expect(words("bobby and hannah")).toEqual([]);
  });

  test("are read from a file, which must have three columns", async () => {
    writeFileSync(join(cwd, "facts.tsv"), "ann\tlives in\tparis\nparis\tlies in\tfrance\n");
    expect((await readFacts(join(cwd, "facts.tsv"))).about("ann ?")).toEqual([
      ["ann", "lives in", "paris"],
      ["paris", "lies in", "france"],
    ]);
    writeFileSync(join(cwd, "bad.tsv"), "ann\tlives in\tparis\nparis\tfrance\n");
    await expect(readFacts(join(cwd, "bad.tsv"))).rejects.toMatchObject({
      code: "DATA",
      message: expect.stringContaining("bad.tsv:2:"),
    });
  });
});

test("claims are about people whom training does not know, and true as often as not", () => {
  const { train, test, facts } = makeClaims(400, 200, new Rng(4));
  const people = new Set(facts.map(([subject]) => subject));
  const named = (claims: typeof train) =>
    new Set(claims.flatMap(({ text }) => text.split(" ")).filter((word) => people.has(word)));
  const known = named(train);
  expect([...named(test)].filter((name) => known.has(name))).toEqual([]);
  expect(named(test).size).toBeGreaterThan(30);
  for (const claims of [train, test]) expect(claims.filter(({ label }) => label === "true")).toHaveLength(claims.length / 2);
});

test("judges claims with the facts, and cannot without", { timeout: 240_000 }, async () => {
  const stdout = await runExample("knowledge", ["--epochs", "12"], { cwd });
  const [, informed, alone] = /test: with facts ([\d.]+) % right, without ([\d.]+) % right/.exec(stdout)!.map(Number);
  expect(informed, stdout).toBeGreaterThan(75);
  expect(alone, stdout).toBeLessThan(60); // one in two by chance
  expect(alone, stdout).toBeGreaterThan(40);
});

test("takes files, and says which are missing", { timeout: 60_000 }, async () => {
  const { train, test, facts } = makeClaims(60, 20, new Rng(5));
  const tsv = (claims: typeof train) => `text\tlabel\n${claims.map(({ text, label }) => `${text}\t${label}\n`).join("")}`;
  writeFileSync(join(cwd, "train.tsv"), tsv(train));
  writeFileSync(join(cwd, "test.tsv"), tsv(test));
  writeFileSync(join(cwd, "known.tsv"), facts.map((fact) => `${fact.join("\t")}\n`).join(""));
  const files = ["--train", "train.tsv", "--valid", "test.tsv"];
  const stdout = await runExample("knowledge", [...files, "--facts", "known.tsv", "--epochs", "1"], { cwd });
  expect(stdout).toContain(`60 + 20 claims to train and test, ${facts.length} facts`);
  await expect(runExample("knowledge", files, { cwd })).rejects.toMatchObject({
    stderr: expect.stringContaining("--facts, --train and --valid must be given together"),
  });
});

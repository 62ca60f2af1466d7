import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Rng } from "fovea";
import { afterAll, expect, test } from "vitest";
import { makeTexts } from "../../examples/pseudolabels/makeTexts.ts";
import { runExample } from "./runExample.ts";

const cwd = mkdtempSync(join(tmpdir(), "fovea-pseudolabels-"));
afterAll(() => rmSync(cwd, { recursive: true }));

const rightIn = (stdout: string, what: string): number =>
  Number(new RegExp(`^${what}: ([\\d.]+) % right`, "m").exec(stdout)?.[1]);

test("learns more from texts without labels than from those with labels alone", { timeout: 120_000 }, async () => {
  const stdout = await runExample("pseudolabels", ["--runs", "1", "--rounds", "2"], { cwd });
  const [before, after] = [rightIn(stdout, "labels alone"), rightIn(stdout, "with pseudo-labels")];
  expect(before, stdout).toBeGreaterThan(55); // one in four by chance
  expect(after, stdout).toBeGreaterThan(before + 4); // 88.0 and 99.1 on 2026-11-28
  expect(after, stdout).toBeGreaterThan(90);
  expect(stdout).toMatch(/round 2: sure of \d+ texts, [89]\d\.\d % of them rightly/);
});

test("takes files, and says what is wrong with an option", { timeout: 60_000 }, async () => {
  const tsv = (seed: number) =>
    `text\tlabel\n${makeTexts(80, new Rng(seed), 20)
      .map(({ text, label }) => `${text}\t${label}\n`)
      .join("")}`;
  writeFileSync(join(cwd, "train.tsv"), tsv(1));
  writeFileSync(join(cwd, "test.tsv"), tsv(2));
  const files = ["--train", "train.tsv", "--valid", "test.tsv"];
  const stdout = await runExample("pseudolabels", [...files, "--labels", "40", "--steps", "20", "--rounds", "1", "--runs", "1"], {
    cwd,
  });
  expect(stdout).toContain("40 texts with labels, 40 without; 80 to test");
  const all = ["--labels", "500", "--steps", "1", "--rounds", "1", "--runs", "1"];
  expect(await runExample("pseudolabels", [...files, ...all], { cwd })).toContain("80 texts with labels, 0 without; 80 to test");
  await expect(runExample("pseudolabels", ["--train", "train.tsv"], { cwd })).rejects.toMatchObject({
    stderr: expect.stringContaining("--train and --valid must be given together"),
  });
});

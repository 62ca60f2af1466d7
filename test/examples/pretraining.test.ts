import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Rng } from "fovea";
import { afterAll, expect, test } from "vitest";
import { makeJudged, makeSentences } from "../../examples/pretraining/makeSentences.ts";
import { runExample } from "./runExample.ts";

const cwd = mkdtempSync(join(tmpdir(), "fovea-pretraining-"));
afterAll(() => rmSync(cwd, { recursive: true }));

test("a noun has one article, and a wrong sentence one wrong article", () => {
  const articles = new Map<string, string>();
  const pairsOf = (text: string) => [...text.matchAll(/\b(ul|em|os|ir)( \w{4})? (\w{4})(?= \w{4} (?:ul|em|os|ir)|$)/g)];
  for (const { text } of makeSentences(3000, new Rng(1))) {
    expect(pairsOf(text)).toHaveLength(2);
    for (const [, article, , noun] of pairsOf(text)) expect(articles.get(noun!) ?? article).toBe(article);
    for (const [, article, , noun] of pairsOf(text)) articles.set(noun!, article!);
  }
  expect(articles.size).toBe(240);
  for (const { text, label } of makeJudged(200, new Rng(2))) {
    const wrong = pairsOf(text).filter(([, article, , noun]) => articles.get(noun!) !== article);
    expect(wrong).toHaveLength(label === "right" ? 0 : 1);
  }
});

test("what was pretrained learns more from 500 labels than what begins from scratch", { timeout: 240_000 }, async () => {
  const stdout = await runExample("pretraining", ["--runs", "1"], { cwd });
  const right = (which: string): number => Number(new RegExp(`^${which}: ([\\d.]+) % right`, "m").exec(stdout)?.[1]);
  expect(right("pretrained"), stdout).toBeGreaterThan(75); // one in two by chance
  expect(right("pretrained"), stdout).toBeGreaterThan(right("from scratch") + 15);
});

test("takes files, and says what is wrong with an option", { timeout: 60_000 }, async () => {
  const tsv = (seed: number) =>
    `text\tlabel\n${makeJudged(60, new Rng(seed))
      .map(({ text, label }) => `${text}\t${label}\n`)
      .join("")}`;
  writeFileSync(join(cwd, "train.tsv"), tsv(1));
  writeFileSync(join(cwd, "test.tsv"), tsv(2));
  const files = ["--train", "train.tsv", "--valid", "test.tsv"];
  const stdout = await runExample(
    "pretraining",
    [...files, "--labels", "30", "--pretrain", "1", "--epochs", "1", "--runs", "1"],
    { cwd },
  );
  expect(stdout).toContain("60 sentences without labels, 30 with; 60 to test");
  await expect(runExample("pretraining", ["--runs", "some"], { cwd })).rejects.toMatchObject({
    stderr: expect.stringContaining('--runs must be a whole number of at least 1, got "some"'),
  });
});

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Rng } from "fovea";
import { afterAll, expect, test } from "vitest";
import { makeQuestions } from "../../examples/modalities/makeQuestions.ts";
import { runExample } from "./runExample.ts";

const cwd = mkdtempSync(join(tmpdir(), "fovea-modalities-"));
afterAll(() => rmSync(cwd, { recursive: true }));

test("the question says which digit, the picture which answer", () => {
  const questions = makeQuestions(200, new Rng(3));
  const left = questions.filter(({ words }) => /left|first/.test(words));
  expect(left).toHaveLength(100);
  const answers = (of: typeof questions) => new Set(of.map(({ answer }) => answer)).size;
  expect([answers(left), answers(questions)]).toEqual([10, 10]);
});

test("learns to answer, and not from the picture or the question alone", { timeout: 240_000 }, async () => {
  const stdout = await runExample("modalities", ["--questions", "4000", "--epochs", "6", "--out", "run"], { cwd });
  const right = (shown: string): number => Number(new RegExp(`^${shown}: ([\\d.]+) % right`, "m").exec(stdout)?.[1]);
  expect(right("both"), stdout).toBeGreaterThan(75);
  expect(Number(/looked at, ([\d.]+) %/.exec(stdout)?.[1]), stdout).toBeGreaterThan(70); // half of it by chance
  expect(right("the picture alone"), stdout).toBeLessThan(58); // one of the two digits in it at best
  expect(right("the question alone"), stdout).toBeLessThan(18); // one in ten
  const page = readFileSync(join(cwd, "run/attention.html"), "utf8");
  const words = makeQuestions(500, new Rng(2))
    .slice(0, 8)
    .flatMap(({ words }) => words.split(" "));
  expect(page.match(/<figure>/g)).toHaveLength(words.length);
  expect(page).not.toMatch(/https?:|<script/);
});

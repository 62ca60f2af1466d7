import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { expectWith, numbersOf } from "../../examples/flags.ts";
import { root } from "../../scripts/setup/paths.mjs";
import { runExample } from "./runExample.ts";

const cwd = mkdtempSync(join(tmpdir(), "fovea-flags-"));
afterAll(() => rmSync(cwd, { recursive: true }));

describe("the numbers among the flags", () => {
  const { whole, number, positive, engine } = numbersOf("ours", {
    ...{ two: "2", nought: "0", half: "0.5", word: "many", empty: "", infinite: "Infinity", threads: "3" },
  });

  it("are read, or else what they are otherwise", () => {
    expect([whole("two", 1), whole("left-out", 7), whole("nought", 1, 0)]).toEqual([2, 7, 0]);
    expect([number("half", 1, 0, 1), number("two", 1, 0), positive("half", 1), positive("left-out", 4)]).toEqual([
      0.5, 2, 0.5, 4,
    ]);
    expect([engine(), numbersOf("ours", {}).engine()]).toEqual([{ threads: 3 }, {}]);
  });

  it.each<[string, () => unknown, string]>([
    ["a word", () => whole("word", 1), '--word must be a whole number of at least 1, got "many"'],
    ["too few", () => whole("nought", 1), '--nought must be a whole number of at least 1, got "0"'],
    ["a part", () => whole("half", 1), '--half must be a whole number of at least 1, got "0.5"'],
    ["nothing", () => whole("empty", 1, 0), '--empty must be a whole number of at least 0, got ""'],
    ["without end", () => positive("infinite", 1), '--infinite must be a number above 0, got "Infinity"'],
    ["not above 0", () => positive("nought", 1), '--nought must be a number above 0, got "0"'],
    ["too much", () => number("two", 1, 0, 1), '--two must be a number from 0 to 1, got "2"'],
    ["too little", () => number("half", 1, 1), '--half must be a number of at least 1, got "0.5"'],
    [
      "a file without that which it belongs to",
      () => expectWith("ours", { valid: "a" }, "train", ["test", "valid"]),
      "--valid needs --train, got none",
    ],
  ])("%s is refused", (_, read, said) => {
    expect(read).toThrow(expect.objectContaining({ code: "RANGE", message: `ours: ${said}` }));
  });
});

const examples = readdirSync(root("examples")).filter((name) => existsSync(root(`examples/${name}/main.ts`)));
const refused = { code: 1, stdout: "", stderr: expect.not.stringMatching(/^ +at /m) };

it.each(examples)("%s says in one sentence that it does not know a flag, without its stack", async (name) => {
  await expect(runExample(name, ["--magic"], { cwd })).rejects.toMatchObject({
    ...refused,
    message: expect.stringMatching(/option '?--magic/),
  });
});

it.each([
  ["images", ["--valid", "a.csv"], "images: --valid needs --train, got none"],
  ["inference", ["--test", "a.txt"], "inference: --test needs --train, got none"],
  ["speech", ["--test", "a"], "speech: --test needs --train, got none"],
  ["translation", ["--test", "a"], "translation: --test needs --train, got none"],
  ["chapter", ["--train", "a.tsv"], "chapter: --train and --valid must be given together"],
  ["images", ["--train", "a.csv"], "a.csv: there is no such file"],
  ["speech", ["--epochs", "many"], 'speech: --epochs must be a whole number of at least 0, got "many"'],
])("%s %j is refused, rather than left out", async (name, args, stderr) => {
  await expect(runExample(name, args, { cwd })).rejects.toMatchObject({ ...refused, stderr: `${stderr}\n` });
});

it.each([
  ["images", "label,p0\n", "there are no pictures in this file"],
  ["inference", "sentence_A\tsentence_B\tentailment_judgment\n", "there are no pairs in this file"],
  ["language", "\n\n", "there are no texts in this file"],
])("%s needs something to train on", async (name, content, sentence) => {
  writeFileSync(join(cwd, "none"), content);
  await expect(runExample(name, ["--train", "none", "--valid", "none"], { cwd })).rejects.toMatchObject({
    ...refused,
    stderr: `none: ${sentence}\n`,
  });
});

it.each(["images", "language", "speech", "translation"])("%s does not train what it could not save", async (name) => {
  writeFileSync(join(cwd, "taken"), "");
  await expect(runExample(name, ["--out", "taken"], { cwd })).rejects.toMatchObject({
    ...refused,
    stderr: expect.stringMatching(/^EEXIST: .*taken'\n$/),
  });
});

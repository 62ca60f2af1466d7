import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Rng } from "fovea";
import { afterAll, describe, expect, it } from "vitest";
import { type LabelledText, makeTexts } from "../../examples/zeroshot/makeTexts.ts";
import { root } from "../../scripts/setup/paths.mjs";

const folder = mkdtempSync(join(tmpdir(), "fovea-zeroshot-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): Promise<{ stdout: string }> {
  const command = ["--import", import.meta.resolve("tsx"), root("examples/zeroshot/main.ts"), "--threads", "1", ...args];
  const env = { ...process.env, TSX_TSCONFIG_PATH: root("tsconfig.json") };
  return promisify(execFile)(process.execPath, command, { cwd: folder, env });
}

const labelsOf = (texts: readonly LabelledText[]): Set<string> => new Set(texts.map(({ label }) => label));
const wordsOf = (texts: Iterable<string>): Set<string> => new Set([...texts].flatMap((text) => text.split(" ")));

describe("the texts", () => {
  const { train, seen, unseen } = makeTexts(new Rng(1));

  it("are the same for the same seed, each once", () => {
    expect(makeTexts(new Rng(1))).toEqual({ train, seen, unseen });
    const all = [...train, ...seen, ...unseen].map(({ text }) => text);
    expect(new Set(all).size).toBe(all.length);
  });

  it("of 8 classes are never trained on, though the words of their names are", () => {
    const [trained, held] = [labelsOf(train), labelsOf(unseen)];
    expect([trained.size, held.size]).toEqual([40, 8]);
    expect(labelsOf(seen)).toEqual(trained);
    expect([...held].filter((name) => trained.has(name))).toEqual([]);
    const known = wordsOf(trained);
    expect([...wordsOf(held)].filter((word) => !known.has(word))).toEqual([]);
  });

  it("never say the name of a class", () => {
    const names = wordsOf([...labelsOf(train), ...labelsOf(unseen)]);
    const words = wordsOf([...train, ...unseen].map(({ text }) => text));
    expect([...words].filter((word) => names.has(word))).toEqual([]);
  });
});

describe("the example", () => {
  it("tells classes that it has never seen", { timeout: 120_000 }, async () => {
    const { stdout } = await run("--epochs", "14");
    const share = (of: string): number => Number(new RegExp(`${of} +([\\d.]+) %`).exec(stdout)?.[1]);
    // 100 % each after all 20 epochs.
    expect(share("classes seen in training, among 40"), stdout).toBeGreaterThan(80);
    expect(share("classes never seen, among 8"), stdout).toBeGreaterThan(75); // 12.5 % by chance
    expect(share("classes never seen, among all 48"), stdout).toBeGreaterThan(60); // 2.1 % by chance
  });

  it("reads files, of which none may have the other's classes", { timeout: 60_000 }, async () => {
    const write = (name: string, rows: readonly string[]): void =>
      writeFileSync(join(folder, name), `text\tlabel\n${rows.join("\n")}\n`);
    write("train.tsv", [
      "a red apple\tred fruit",
      "a blue car\tblue vehicle",
      "a red pear\tred fruit",
      "a blue bus\tblue vehicle",
    ]);
    write("test.tsv", ["a red car\tred vehicle", "a blue apple\tblue fruit"]);
    const { stdout } = await run("--train", "train.tsv", "--test", "test.tsv", "--epochs", "2");
    expect(stdout).toContain("4 texts of 2 classes to train, 2 of 2 other classes to test");
    expect(stdout).toMatch(/never seen, among all 4 +[\d.]+ % \(by chance 25\.0 %\)/);
    await expect(run("--train", "train.tsv", "--test", "test.tsv", "--seen", "test.tsv")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('classes of --seen must be in --train, got "red vehicle", which is not'),
    });
    await expect(run("--train", "train.tsv", "--test", "train.tsv")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('classes of --test must not be in --train, got "red fruit" in both'),
    });
  });

  it.each([
    [["--test", "test.tsv"], /--train and --test go together/],
    [["--epochs", "some"], /--epochs must be a whole number of at least 0, got "some"/],
    [["--magic"], /Unknown option '--magic'/],
  ])("%j is refused", async (args, sentence) => {
    await expect(run(...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(sentence) });
  });
});

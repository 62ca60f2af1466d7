import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { decidingWords } from "../../examples/explanation/decidingWords.ts";
import { root } from "../../scripts/setup/paths.mjs";

const folder = mkdtempSync(join(tmpdir(), "fovea-explanation-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(example: string, ...args: string[]): Promise<{ stdout: string }> {
  const command = ["--import", import.meta.resolve("tsx"), root(`examples/${example}/main.ts`), "--threads", "1", ...args];
  const env = { ...process.env, TSX_TSCONFIG_PATH: root("tsconfig.json") };
  return promisify(execFile)(process.execPath, command, { cwd: folder, env });
}

describe("the words that decide", () => {
  it.each([
    "the plot is VERY CLEVER",
    "i found the plot CLEVER",
    "to be fair , the music is dull but the last scene FAILS TO CHARM me",
    "although the cast was anything but fake , the opening was FAR FROM GRACEFUL",
    "there is plenty of wit in the story , yet the humour has NO TRUTH",
    "the plot is VERY CLEVER and the music will CHARM anyone",
    "NOBODY WOULD SAY THAT the story was ANYTHING BUT STUPID",
    "no one can deny that the story was NOT AT ALL STUPID",
  ])("are those of the clause that decides, and a frame that turns it round: %s", (marked) => {
    const words = marked.split(" ");
    const places = words.flatMap((word, i) => (/^[A-Z]+$/.test(word) ? [i] : []));
    expect([...(decidingWords(words.map((word) => word.toLowerCase())) ?? [])].sort((a, b) => a - b)).toEqual(places);
  });

  it("are known of every review that the sentiment example carries, and not of other texts", () => {
    const lines = readFileSync(root("examples/sentiment/data/test.tsv"), "utf8").trim().split("\n").slice(1);
    const unknown = lines.filter((line) => decidingWords(line.split("\t")[0]!.split(" ")) === null);
    expect([lines.length, unknown]).toEqual([816, []]);
    expect(decidingWords("one long string of cliches".split(" "))).toBeNull();
  });
});

describe("the example", () => {
  /** A row of its table: what taking the word away costs, and how often it is one that decides, in percent. */
  function rowOf(name: string, stdout: string): number[] {
    const row = new RegExp(`^${name} .*$`, "m").exec(stdout)?.[0] ?? "";
    return [...row.matchAll(/(-?[\d.]+) %/g)].map(([, share]) => Number(share));
  }

  it("finds the words that decide far more often than chance, and draws what it found", { timeout: 240_000 }, async () => {
    const { stdout } = await run("explanation", "--epochs", "10", "--count", "120", "the plot is hardly clever");
    const [any, slope, integrated] = ["any word", "gradient × input", "integrated gradients"].map((name) => rowOf(name, stdout));
    expect(integrated, stdout).toHaveLength(2);
    // 80, 41 and 22 % on 2026-11-28, after all 16 epochs.
    expect(integrated![1]!, stdout).toBeGreaterThan(2 * any![1]!);
    expect(slope![1]!, stdout).toBeGreaterThan(any![1]!);
    expect(integrated![0]!, stdout).toBeGreaterThan(2 * any![0]!);
    expect(Number(/to within ([\d.]+) % of the largest change/.exec(stdout)?.[1])).toBeLessThan(10);
    const page = readFileSync(join(folder, "runs/explanation/explanation.html"), "utf8");
    expect(page).toMatch(/title="hardly: -?\d+\.\d\d">hardly</);
    expect(page).toContain("integrated gradients, for ");
  });

  it("explains a run of the sentiment example", { timeout: 120_000 }, async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i % 2 ? "good" : "bad"} film ${"abcdefghij"[i % 10]}\t${i % 2}`);
    writeFileSync(join(folder, "train.tsv"), `text\tlabel\n${rows.join("\n")}\n`);
    await run("sentiment", "--train", "train.tsv", "--epochs", "1", "--d-model", "16", "--out", "runs/small");
    const { stdout } = await run("explanation", "--run", "runs/small", "--out", "page", "good film");
    expect(stdout).toMatch(/^good +\S*│/m);
    expect(stdout).not.toContain("one that decides");
    expect(readFileSync(join(folder, "page/explanation.html"), "utf8")).toContain("film");
  });

  it.each([
    [["--run", "a", "--train", "b"], /--run has its data already/],
    [["--run", "missing"], /missing has no config\.json/],
    [["--valid", "b"], /--valid needs --train, got none/],
    [["--count", "0"], /--count must be a whole number of at least 1, got "0"/],
    [[" "], /a sentence needs at least one word/],
  ])("%j is refused", async (args, sentence) => {
    await expect(run("explanation", ...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(sentence) });
  });
});

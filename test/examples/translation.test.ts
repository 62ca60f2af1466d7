import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseSafetensors, Rng } from "fovea";
import { Tokenizer } from "fovea/data";
import { afterAll, describe, expect, it } from "vitest";
import { makePairs } from "../../examples/translation/makePairs.ts";
import { root } from "../../scripts/setup/paths.mjs";

const folder = mkdtempSync(join(tmpdir(), "fovea-translation-"));
afterAll(() => rmSync(folder, { recursive: true }));
for (const language of ["en", "de"]) writeFileSync(join(folder, `empty.${language}`), "");

function run(...args: string[]): Promise<{ stdout: string }> {
  const command = ["--import", import.meta.resolve("tsx"), root("examples/translation/main.ts"), "--threads", "1", ...args];
  const env = { ...process.env, TSX_TSCONFIG_PATH: root("tsconfig.json") };
  return promisify(execFile)(process.execPath, command, { cwd: folder, env });
}

describe("the small language", () => {
  it("is the same for the same seed, and has no sentence twice", () => {
    const pairs = makePairs(300, new Rng(1));
    expect(makePairs(300, new Rng(1))).toEqual(pairs);
    expect(new Set(pairs.map(({ source }) => source)).size).toBe(300);
  });

  it("has German endings, and its verb in the second place", () => {
    const german = new Map(makePairs(3000, new Rng(2)).map(({ source, target }) => [source, target]));
    const some = [...german].filter(([source]) => /^(today|now) the/.test(source));
    for (const [, target] of some) expect(target).toMatch(/^(heute|jetzt) ist (der|die|das) /);
    for (const [source, target] of german) if (source.endsWith("the old cat .")) expect(target).toMatch(/ der alten katze \.$/);
  });
});

describe("the example", () => {
  it("learns the small language, and writes what it became", { timeout: 240_000 }, async () => {
    const { stdout } = await run("--epochs", "4", "--every", "4", "--out", "run");
    const bleu = Number(/test: BLEU ([\d.]+) with 5 beams/.exec(stdout)?.[1]);
    expect(bleu, stdout).toBeGreaterThan(60); // word by word in the source's order would be far below
    const file = (name: string): Buffer => readFileSync(join(folder, "run", name));
    expect(parseSafetensors(file("model.safetensors")).tensors.size).toBeGreaterThan(40);
    expect(Tokenizer.fromJSON(JSON.parse(file("tokenizer.json").toString())).size).toBeGreaterThan(100);
    expect(file("metrics.jsonl").toString().trim().split("\n")).toHaveLength(4);
    expect(file("translations.txt").toString().trim().split("\n")).toHaveLength(200);
    expect(file("report.html").toString()).toContain("layer 2, head 4");
  });

  it("reads files, with the recurrent model too", { timeout: 60_000 }, async () => {
    const pairs = makePairs(40, new Rng(3));
    writeFileSync(join(folder, "some.en"), pairs.map(({ source }) => `${source}\n`).join(""));
    writeFileSync(join(folder, "some.de"), pairs.map(({ target }) => `${target}\n`).join(""));
    const files = ["--train", "some", "--valid", "some", "--vocab", "300", "--epochs", "1", "--beams", "2"];
    const { stdout } = await run(...files, "--model", "recurrent");
    expect(stdout).toContain("40 + 40 + 0 pairs");
    expect(stdout).toMatch(/validation: BLEU [\d.]+ with 2 beams/);
  });

  it.each([
    [["--train", "missing", "--valid", "missing"], /missing\.en/],
    [["--train", "some"], /--train needs --valid/],
    [["--train", "empty", "--valid", "empty"], /^empty\.en, empty\.de: there are no pairs in these files\n$/],
    [["--model", "magic"], /--model must be transformer or recurrent, got "magic"/],
    [["--epoch", "3"], /Unknown option '--epoch'/],
    [["--epochs=-1"], /--epochs must be a whole number of at least 0, got "-1"/],
  ])("%j is refused", async (args, sentence) => {
    await expect(run(...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(sentence) });
  });
});

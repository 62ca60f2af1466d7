import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { dispose, init, parseSafetensors, Rng, runtime } from "fovea";
import { Tokenizer } from "fovea/data";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeStories } from "../../examples/language/makeStories.ts";
import { IGNORED, oneText, type Segment, SegmentStream } from "../../examples/language/text.ts";
import { root } from "../../scripts/setup/paths.mjs";

const folder = mkdtempSync(join(tmpdir(), "fovea-language-"));
beforeAll(() => init({ threads: 1 }));
afterAll(() => {
  rmSync(folder, { recursive: true });
  return dispose();
});

function run(...args: string[]): Promise<{ stdout: string }> {
  const command = ["--import", import.meta.resolve("tsx"), root("examples/language/main.ts"), ...args];
  const env = { ...process.env, TSX_TSCONFIG_PATH: root("tsconfig.json") };
  return promisify(execFile)(process.execPath, command, { cwd: folder, env });
}

const file = (name: string): string => readFileSync(join(folder, name), "utf8");

describe("the stories", () => {
  it("are the same for the same seed", () => {
    expect(makeStories(20, new Rng(1))).toEqual(makeStories(20, new Rng(1)));
    expect(makeStories(20, new Rng(1))).not.toEqual(makeStories(20, new Rng(2)));
  });

  it("say at their end what they said at their beginning, and further back than a segment reaches", () => {
    for (const story of makeStories(200, new Rng(3))) {
      const [, owner, thing, whose, whoseThing] = /^(\w+) has a (\w+ \w+) \. .* (\w+) still has h\w\w (\w+ \w+) \.$/.exec(story)!;
      expect([whose, whoseThing]).toEqual([owner, thing]);
      const words = story.split(" ");
      expect(words.lastIndexOf(owner!) - words.indexOf("has")).toBeGreaterThan(16);
    }
  });
});

describe("the stream of segments", () => {
  const texts = [[5, 6, 7], [8], [9, 10, 11, 12], [13, 14]];
  const text = oneText(texts);

  async function read(stream: SegmentStream): Promise<{ lanes: [number, number][][]; segments: number; firsts: number }> {
    const lanes: [number, number][][] = [];
    let [segments, firsts] = [0, 0];
    for await (const { ids, wanted, tokens, first } of stream as AsyncIterable<Segment>) {
      const [given, next] = [ids.toNested() as number[][], wanted.toNested() as number[][]];
      given.forEach((row, lane) => {
        lanes[lane] = [...(lanes[lane] ?? []), ...row.map((id, at): [number, number] => [id, next[lane]![at]!])];
      });
      expect(next.flat().filter((id) => id !== IGNORED)).toHaveLength(tokens);
      segments += 1;
      firsts += Number(first);
    }
    return { lanes, segments, firsts };
  }

  it.each([
    [3, 2],
    [4, 3],
    [50, 1],
  ])("of %i tokens in %i lanes asks for each token once, after the one before it", async (seqLen, lanes) => {
    const used = runtime.memory.used;
    const stream = new SegmentStream(texts, { seqLen, lanes });
    const read1 = await read(stream);
    expect(read1).toMatchObject({ segments: stream.steps, firsts: 1 });
    const pairs = read1.lanes.flat().filter(([, next]) => next !== IGNORED);
    expect(pairs).toEqual(text.slice(1).map((next, at) => [text[at], next]));
    expect(await read(stream)).toEqual(read1);
    expect(runtime.memory.used).toBe(used);
  });

  it("has another order in each pass, the same for the same seed", async () => {
    const many = Array.from({ length: 30 }, (_, i) => [3 + i]);
    const passes = async (seed: number): Promise<number[][]> => {
      const stream = new SegmentStream(many, { seqLen: 7, lanes: 1, seed });
      const ids = async (): Promise<number[]> => (await read(stream)).lanes.flat().map(([id]) => id);
      return [await ids(), await ids()];
    };
    const [first, second] = await passes(1);
    expect(first).not.toEqual(second);
    expect([...first!].sort()).toEqual([...second!].sort());
    expect(await passes(1)).toEqual([first, second]);
    expect((await passes(2))[0]).not.toEqual(first);
  });
});

describe("the example", () => {
  const begun = "clara has a blue kite . on friday there is rain at the lake . on monday there is sun on the hill .";

  it("learns the stories: with memory what stood further back, without it all else", { timeout: 420_000 }, async () => {
    const { stdout } = await run("--epochs", "6", "--threads", "1", "--out", "run");
    const perplexity = (name: string): number => Number(new RegExp(`^${name} +([\\d.]+)`, "m").exec(stdout)?.[1]);
    expect(perplexity("frequencies alone"), stdout).toBeGreaterThan(30);
    const [xl, without, gpt] = ["xl", "xl-without-memory", "gpt"].map(perplexity) as [number, number, number];
    // The least there is is 1.62, and 1.95 for who has forgotten the beginning.
    expect(xl, stdout).toBeLessThan(1.75);
    for (const forgetful of [without, gpt]) {
      expect(forgetful, stdout).toBeGreaterThan(1.9);
      expect(forgetful, stdout).toBeLessThan(2.3);
    }
    expect(stdout).toMatch(/^xl, greedy: (\w+) has a (\w+ \w+) \. .* \1 still has h\w\w \2 \.$/m);
    expect(file("run/metrics.jsonl").trim().split("\n")).toHaveLength(18);
    expect(file("run/report.html")).toContain("layer 2, head 4");
    expect(parseSafetensors(readFileSync(join(folder, "run/gpt/model.safetensors"))).tensors.size).toBeGreaterThan(20);
    expect(Tokenizer.fromJSON(JSON.parse(file("run/xl/tokenizer.json"))).size).toBeGreaterThan(300);

    const goesOn = (...how: string[]) => run("--from", "run/xl", "--generate", begun, ...how);
    const right = `${begun} clara still has her blue kite .\n`;
    expect((await goesOn()).stdout).toBe(right);
    expect((await goesOn("--beams", "3")).stdout).toBe(right);
    expect((await goesOn("--top-k", "3", "--top-p", "0.9", "--temperature", "0.2")).stdout).toBe(right);
    expect((await goesOn("--longest", "2")).stdout).toBe(`${begun} clara still\n`);
    const drawn = (seed: string) => run("--from", "run/gpt", "--generate", "", "--temperature", "1", "--seed", seed);
    const [one, again, two] = await Promise.all(["1", "1", "2"].map(async (seed) => (await drawn(seed)).stdout));
    expect(one).toBe(again);
    expect(one).not.toBe(two);
    await expect(run("--from", "run/gpt", "--fill", "a <mask>")).rejects.toMatchObject({
      stderr: "language: --fill needs an albert, got gpt\n",
    });
  });

  it("finds what is hidden, and says how sure it is", { timeout: 240_000 }, async () => {
    const { stdout } = await run("--model", "albert", "--epochs", "6", "--threads", "1", "--out", "albert");
    const [, found, frequent] = /^([\d.]+) % of .* tokens found, .*: ([\d.]+) %$/m.exec(stdout)!.map(Number);
    expect(found, stdout).toBeGreaterThan(75); // who looks at no other word comes to 66
    expect(frequent, stdout).toBeLessThan(20);
    expect(file("albert/metrics.jsonl").trim().split("\n")).toHaveLength(6);
    expect(file("albert/report.html")).toContain("layer 4, head 4");
    const filled = await run("--from", "albert", "--fill", `${begun} clara still <mask> her blue <mask> .`);
    const [, verb, thing, ...rest] = filled.stdout.split("\n");
    expect(verb).toMatch(/^ {2}has [\d.]+ %, /);
    expect(thing).toMatch(/^ {2}kite [\d.]+ %, /);
    expect(rest).toEqual([""]);
    await expect(run("--from", "albert", "--fill", "no mask")).rejects.toMatchObject({
      stderr: "language: --fill needs a text with at least one <mask>, got no mask\n",
    });
    await expect(run("--from", "albert", "--generate", "a")).rejects.toMatchObject({
      stderr: "language: --generate needs a gpt or an xl, got albert\n",
    });
  });

  it("reads files", { timeout: 60_000 }, async () => {
    writeFileSync(join(folder, "some.txt"), makeStories(40, new Rng(5)).join("\n\n"));
    writeFileSync(join(folder, "test.txt"), makeStories(20, new Rng(6)).join("\n"));
    const files = [
      "--train",
      "some.txt",
      "--valid",
      "some.txt",
      "--test",
      "test.txt",
      "--vocab",
      "300",
      "--epochs",
      "1",
      "--width",
      "16",
    ];
    const { stdout } = await run(...files, "--model", "xl", "--segment", "8", "--memory", "4", "--layers", "1", "--out", "small");
    expect(stdout).toContain("40 texts (");
    expect(stdout).toMatch(/^xl, test: perplexity [\d.]+$/m);
    const hidden = await run(...files, "--model", "albert", "--layers", "1", "--out", "small-albert");
    expect(hidden.stdout).toMatch(/^test: [\d.]+ % of [\d,]+ hidden tokens found$/m);
    expect(JSON.parse(file("small/config.json"))).toMatchObject({
      model: "xl",
      seqLen: 8,
      memoryLen: 4,
      numLayers: 1,
      dModel: 16,
    });
  });

  it.each([
    [["--train", "missing", "--valid", "missing"], /missing/],
    [["--train", "some.txt"], /--train and --valid go together, got --train/],
    [["--model", "magic"], /--model must be compare, gpt, xl or albert, got "magic"/],
    [["--temperature", "1"], /--temperature needs --generate, got none/],
    [["--from", "run", "--generate", "a", "--epochs", "3"], /--epochs must be left out with --generate/],
    [["--from", "run", "--fill", "a", "--top-k", "3"], /--top-k must be left out with --fill/],
    [["--test", "some.txt"], /--test needs --train, got none/],
    [["--memory", "1.5"], /--memory must be a whole number of at least 0, got "1.5"/],
    [["--generate", "a"], /--generate and --fill need --from/],
    [["--from", "run"], /--from needs --generate or --fill, got neither/],
    [["--from", "missing", "--fill", "a"], /missing.config\.json: a folder with a trained model is needed, got ENOENT/],
    [["--epoch", "3"], /Unknown option '--epoch'/],
  ])("%j is refused", async (args, sentence) => {
    await expect(run(...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(sentence) });
  });
});

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/setup/paths.mjs";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fovea-cli-"));
  const line = (i: number): string => `the ${i % 2 ? "good" : "bad"} film number ${i % 7}\t${i % 2 ? "positive" : "negative"}`;
  const lines = (count: number): string => Array.from({ length: count }, (_, i) => `${line(i)}\n`).join("");
  write("train.tsv", `text\tlabel\n${lines(80)}`);
  write("test.tsv", `text\tlabel\n${lines(20)}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const MODEL = { dModel: 16, numHeads: 2, numLayers: 1, dropout: 0 };

function config(name: string, changes: object = {}): string {
  const all = {
    data: { train: "train.tsv" },
    model: MODEL,
    optimizer: { lr: 1e-2 },
    epochs: 3,
    batchSize: 8,
    seed: 1,
    out: name,
  };
  write(`${name}.json`, JSON.stringify({ ...all, ...changes }));
  return `${name}.json`;
}

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function spawnFovea(args: readonly string[]) {
  const tsx = root("node_modules/tsx/dist/loader.mjs");
  return spawn(process.execPath, ["--import", tsx, root("ts/cli/main.ts"), ...args], { cwd: folder });
}

/** Runs the command line; sends Ctrl-C once it has printed `stopAfter`. */
function fovea(args: readonly string[], { input = "", stopAfter }: { input?: string; stopAfter?: string } = {}): Promise<Ended> {
  const child = spawnFovea(args);
  let [out, err] = ["", ""];
  let stopped = false;
  child.stdout.on("data", (chunk) => {
    out += chunk;
    if (stopAfter === undefined || stopped || !out.includes(stopAfter)) return;
    stopped = true;
    child.kill("SIGINT");
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  child.stdin.end(input);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

describe("train, then evaluate, predict and inspect", () => {
  beforeAll(async () => {
    const { code, out, err } = await fovea(["train", config("run", { tensorBoard: true })]);
    expect(err).toBe("");
    expect(out).toMatch(/72 texts to train, 8 to validate; classes negative, positive\n/);
    expect(out).toMatch(/epoch 3 .* valid loss .*\ndone; to use the best model: fovea predict run "a text"\n$/);
    expect(code).toBe(0);
  });

  test("leaves a folder with all there is to know", () => {
    expect(readdirSync(join(folder, "run")).sort()).toEqual([
      "best-1.safetensors",
      "config.json",
      "last.safetensors",
      "metrics.jsonl",
      "report.html",
      "tensorboard",
      "tokenizer.json",
    ]);
    expect(readFileSync(join(folder, "run/metrics.jsonl"), "utf8").match(/\n/g)).toHaveLength(3);
    expect(readFileSync(join(folder, "run/report.html"), "utf8")).toContain("epoch 3, step 27: finished");
  });

  test("has learned", async () => {
    const { code, out } = await fovea(["evaluate", "run", "test.tsv", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ examples: 20, classes: ["negative", "positive"], accuracy: 1 });
    expect((await fovea(["evaluate", "run", "test.tsv"])).out).toMatch(
      /^100.00 % right of 20, loss 0\.\d{4}\nlabel \\ predicted {2}negative {2}positive\n/,
    );
  });

  test("classifies texts of the command line or of standard input", async () => {
    const { out } = await fovea(["predict", "run", "a good film"]);
    expect(out).toMatch(/^positive\t[01]\.\d{4}\ta good film\n$/);
    const { out: lines } = await fovea(["predict", "run", "--json"], { input: "so good\n\nso bad\n" });
    const found = lines
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(found.map(({ text, label }) => `${text}: ${label}`)).toEqual(["so good: positive", "so bad: negative"]);
    expect(found[0].probabilities.positive + found[0].probabilities.negative).toBeCloseTo(1, 5);
  });

  test("ends without a word where nobody reads on", async () => {
    const child = spawnFovea(["predict", "run"]);
    let err = "";
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    child.stdin.on("error", () => {}); // it ends before it has read all
    child.stdout.once("data", () => child.stdout.destroy());
    child.stdin.end("a good film\n".repeat(20_000));
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(141);
    expect(err).toBe("");
  });

  test("inspect tells names, dtypes, shapes, sizes, metadata and totals", async () => {
    const { out } = await fovea(["inspect", "run/best-1.safetensors"]);
    expect(out).toMatch(/^name +dtype +shape +elements +size\n/);
    expect(out).toMatch(/\nclassifier\.weight +F32 +\[2, 16\] +32 +128 B\n/);
    expect(out).toMatch(/\n\d+ tensors, [\d,]+ elements, [\d.]+ KiB\n$/);
    const { totals, tensors, metadata } = JSON.parse((await fovea(["inspect", "run/last.safetensors", "--json"])).out);
    expect(totals.bytes).toBe(tensors.reduce((sum: number, { bytes }: { bytes: number }) => sum + bytes, 0));
    expect(metadata["fovea.training"]).toContain('"step":27');
  });

  test("a folder that holds a training is not trained over", async () => {
    const { code, err } = await fovea(["train", "run.json"]);
    expect([code, err]).toEqual([
      1,
      "run holds a training already; fovea train run.json --resume goes on with it, or choose another out\n",
    ]);
  });
});

test("Ctrl-C saves and says how to go on, to the same bits", async () => {
  const long = { epochs: 12 };
  await fovea(["train", config("whole", long)]);
  const stopped = await fovea(["train", config("parts", long)], { stopAfter: "epoch 2" });
  expect(stopped.err).toBe("");
  expect(stopped.out).toMatch(/\nstopped, and saved in parts; to go on: fovea train parts\.json --resume\n$/);
  expect(stopped.code).toBe(130);
  const { code, out } = await fovea(["train", "parts.json", "--resume"]);
  expect(code).toBe(0);
  expect(out).not.toContain("epoch 1 ");
  const best = (name: string) => readFileSync(join(folder, name, "best-1.safetensors"));
  expect(best("parts").equals(best("whole"))).toBe(true);
  expect(readFileSync(join(folder, "parts/metrics.jsonl"), "utf8").match(/\n/g)).toHaveLength(12);
});

test("a folder that cannot be made is told in a line", async () => {
  const { code, err } = await fovea(["train", config("blocked", { out: "train.tsv" })]);
  expect(code).toBe(1);
  expect(err).toMatch(/^[^\n]*train\.tsv[^\n]*\n$/);
});

test("doctor says what there is, and ends well where Fovea runs", async () => {
  const { code, out } = await fovea(["doctor"]);
  expect(code).toBe(0);
  for (const line of [
    /^engine +Node \d+/m,
    /^SIMD +yes$/m,
    /^relaxed SIMD +(yes|no: .+)$/m,
    /^threads +\d+ \(.+\)$/m,
    /^memory +up to [\d.]+ GiB$/m,
  ])
    expect(out).toMatch(line);
  expect(JSON.parse((await fovea(["doctor", "--json"])).out)).toMatchObject({ simd: true, problem: null });
});

describe("mistakes are named, and nothing is written", () => {
  test.each([
    [["train", "wrong.json"], 1, 'wrong.json: epochs must be a whole number of at least 1, got "three"'],
    [["train"], 2, "fovea train needs a configuration"],
    [["doctor", "--loud"], 2, "Unknown option '--loud'"],
    [["predict", ".", "x"], 1, ".: this is no folder of fovea train: config.json"],
    [["inspect", "train.tsv"], 1, "train.tsv: loadSafetensors: "],
    [["train", "wrong.json", "--json"], 2, "fovea train does not take --json"],
    [["predict", ".", "x", "--resume"], 2, "fovea predict does not take --resume"],
    [["inspect", "a.safetensors", "b.safetensors"], 2, "fovea inspect does not take b.safetensors"],
    [["doctor", "now"], 2, "fovea doctor does not take now"],
    [["toString"], 2, 'fovea: there is no command "toString"'],
  ])("%j", async (args, code, message) => {
    config("wrong", { epochs: "three" });
    const ended = await fovea(args);
    expect(ended.err).toContain(message);
    expect(ended.code).toBe(code);
    expect(existsSync(join(folder, "wrong"))).toBe(false);
  });
});

import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseSafetensors } from "fovea";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SentimentCli } from "./sentimentCli.ts";

const cli = new SentimentCli();
afterAll(() => cli.remove());

const SUBJECTS = ["plot", "music", "cast", "film"];

/** Reviews whose label is decided by one word: little to learn, so that little training shows whether anything is. */
function easyReviews(count: number): string {
  const lines = Array.from({ length: count }, (_, i) => {
    const word = i % 2 === 0 ? ["good", "fine", "great"][i % 3] : ["bad", "poor", "dull"][i % 3];
    return `the ${SUBJECTS[Math.floor(i / 2) % 4]} of part ${Math.floor(i / 2) % 7} is ${word}\t${i % 2 === 0 ? "pos" : "neg"}\n`;
  });
  return `text\tlabel\n${lines.join("")}`;
}

const SMALL = ["--d-model", "32", "--layers", "1", "--heads", "2", "--threads", "1"];
const FILES = ["--train", "train.tsv", "--valid", "valid.tsv"];

beforeAll(() => {
  writeFileSync(cli.path("train.tsv"), easyReviews(400));
  writeFileSync(cli.path("valid.tsv"), easyReviews(40));
});

describe("a training", () => {
  beforeAll(async () => {
    const ended = await cli.run([...FILES, ...SMALL, "--epochs", "20", "--test", "valid.tsv", "--out", "run"]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    stdout = ended.stdout;
  });
  let stdout = "";

  it("learns, and says how well", () => {
    const accuracy = Number(/validation: ([\d.]+) % right/.exec(stdout)?.[1]);
    expect(accuracy).toBeGreaterThanOrEqual(95);
    expect(stdout).toMatch(/label \\ said\s+neg\s+pos\s+right\nneg\s+\d+\s+\d+/);
    expect(stdout).toContain("test: ");
    for (const said of ["400 + 40 + 40 texts", "variant ", "threads   1 (", "parameters", "MiB", "--predict run"])
      expect(stdout).toContain(said);
  });

  it("writes a run, and nothing beside it", () => {
    expect(readdirSync(cli.path("run")).sort()).toEqual([
      "attention.html",
      "config.json",
      "metrics.jsonl",
      "model.safetensors",
      "tokenizer.json",
    ]);
    const config = JSON.parse(readFileSync(cli.path("run", "config.json"), "utf8"));
    expect(config).toMatchObject({ classes: ["neg", "pos"], model: { dModel: 32 }, recipe: { epochs: 20 } });
    const tensors = parseSafetensors(readFileSync(cli.path("run", "model.safetensors"))).tensors;
    expect(tensors.get("encoder.layers.0.self_attn.in_proj_weight")?.shape).toEqual([96, 32]);
    const metrics = readFileSync(cli.path("run", "metrics.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(metrics.map(({ epoch }) => epoch)).toEqual([...Array.from({ length: 20 }, (_, i) => i + 1), undefined]);
    expect(metrics.at(-1)).toMatchObject({ valid: { accuracy: expect.any(Number) }, peakWasmBytes: expect.any(Number) });
    const page = readFileSync(cli.path("run", "attention.html"), "utf8");
    expect(page).toContain("Attention in layer 1, head 2");
    expect(page).toMatch(/<title>validation, 20: \d/); // a point of its curves
    expect(page).not.toMatch(/https?:|<script/);
  });

  it("predicts sentences, with a drawing of the attention", async () => {
    const { code, stdout, stderr } = await cli.run([
      "--predict",
      "run",
      "The music of part 3 is great!",
      "the film of part zzz is dull",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [first, second] = stdout.split("the film of part zzz is dull");
    expect(first).toMatch(/^the music of part 3 is great !\n {2}pos\s+\d+\.\d % {2}█+\n {2}neg/);
    expect(first).toMatch(/layer 1, mean of 2 heads.*\n.*\n1 the /);
    expect(second).toMatch(/^\n {2}neg\s/);
    expect(second).toContain("never seen in training: zzz");
    expect((await cli.run(["--predict", "run", "--per-head", "good"])).stdout).toContain("layer 1, head 2");
  });

  it("predicts the lines of standard input", async () => {
    const { code, stdout } = await cli.run(["--predict", "run"], {
      input: "the plot of part 1 is poor\n\nthe cast of part 2 is fine\n",
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^neg\t0\.\d{4}\tthe plot of part 1 is poor\npos\t0\.\d{4}\tthe cast of part 2 is fine\n$/);
  });

  it("refuses to go on when it is finished", async () => {
    expect(await cli.run(["--resume", "run"])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^run has no resume\.safetensors: .*\n$/),
    });
  });
});

describe("another way to classify", () => {
  it.each([
    ["cls", "lstm"],
    ["max", "tanh"],
    ["attention", "linear"],
  ])("pooling %s with head %s learns, is written and read again", async (pooling, head) => {
    const out = `${pooling}-${head}`;
    const ended = await cli.run([...FILES, ...SMALL, "--pooling", pooling, "--head", head, "--epochs", "20", "--out", out]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toContain(`pooling ${pooling}, head ${head}: `);
    expect(Number(/validation: ([\d.]+) % right/.exec(ended.stdout)?.[1])).toBeGreaterThanOrEqual(95);
    const { code, stdout } = await cli.run(["--predict", out, "the music of part 3 is great"]);
    expect({ code, pos: stdout.indexOf("\n  pos") < stdout.indexOf("\n  neg") }).toEqual({ code: 0, pos: true });
    expect(stdout.startsWith("<cls> the music")).toBe(pooling === "cls");
    const tensors = parseSafetensors(readFileSync(cli.path(out, "model.safetensors"))).tensors;
    expect(tensors.has("lstm.weight_hh_l0")).toBe(head === "lstm");
    expect(tensors.has("pooler.weight")).toBe(head === "tanh");
    expect(tensors.has("pool.query")).toBe(pooling === "attention");
  });
});

describe("Ctrl-C", () => {
  const long = [...FILES, ...SMALL, "--epochs", "10"];

  it("saves, and the command it prints goes on to the same bits", async () => {
    const whole = await cli.run([...long, "--out", "whole"]);
    expect(whole.code).toBe(0);
    const stopped = await cli.run([...long, "--out", "stop ped"], { stopAfter: "epoch  2 of 10" });
    expect(stopped).toMatchObject({ code: 130, stderr: "" });
    expect(stopped.stdout).toContain("saved in stop ped");
    expect(readdirSync(cli.path("stop ped")).sort()).toEqual([
      "config.json",
      "metrics.jsonl",
      "model.safetensors",
      "resume.safetensors",
      "tokenizer.json",
    ]);
    expect((await cli.run(["--predict", "stop ped", "good"])).code).toBe(0);
    const printed = /npm start -- (--resume) '(.*)'/.exec(stopped.stdout);
    const resumed = await cli.run([printed![1]!, printed![2]!]);
    expect(resumed).toMatchObject({ code: 0, stderr: "" });
    expect(resumed.stdout).not.toContain("epoch  1 of 10:");
    expect(resumed.stdout).toContain("epoch 10 of 10:");
    expect(
      readFileSync(cli.path("stop ped", "model.safetensors")).equals(readFileSync(cli.path("whole", "model.safetensors"))),
    ).toBe(true);
    expect(readdirSync(cli.path("stop ped"))).not.toContain("resume.safetensors");
  });

  it("in the first epoch leaves a run that can go on, too", async () => {
    const stopped = await cli.run([...long, "--out", "early"], { stopAfter: "run       early" });
    expect(stopped.code).toBe(130);
    expect(stopped.stdout).toContain("stopped in epoch 1 of 10");
    expect((await cli.run(["--resume", "early", "--threads", "1"])).code).toBe(0);
    expect(
      readFileSync(cli.path("early", "model.safetensors")).equals(readFileSync(cli.path("whole", "model.safetensors"))),
    ).toBe(true);
  });

  it("does not let a run go on with other texts", async () => {
    writeFileSync(cli.path("mine.tsv"), easyReviews(400));
    const args = ["--train", "mine.tsv", "--valid", "valid.tsv", ...SMALL, "--out", "changed"];
    await cli.run(args, { stopAfter: "run       changed" });
    writeFileSync(cli.path("mine.tsv"), easyReviews(401));
    expect(await cli.run(["--resume", "changed"])).toMatchObject({
      code: 1,
      stderr: "changed cannot go on: its training or validation texts are not those it began with.\n",
    });
  });
});

describe("bad input", () => {
  const out = ["--out", "never"];

  beforeAll(() => {
    mkdirSync(cli.path("empty-folder"));
    writeFileSync(cli.path("empty.tsv"), "");
    writeFileSync(cli.path("other.tsv"), "the plot is good\tpos\nthe plot is odd\tmixed\n");
    writeFileSync(cli.path("ids.csv"), "text,label\na,1\nb,2\nc,3\n");
    cpSync(cli.path("run"), cli.path("damaged"), { recursive: true });
    const model = readFileSync(cli.path("run", "model.safetensors"));
    writeFileSync(cli.path("damaged", "model.safetensors"), model.subarray(0, model.length - 100));
    cpSync(cli.path("run"), cli.path("swapped"), { recursive: true });
    copyFileSync(cli.path("run", "tokenizer.json"), cli.path("swapped", "config.json"));
  });

  it.each<[what: string, args: string[], message: RegExp]>([
    ["a missing file", ["--train", "missing.tsv", ...out], /^missing\.tsv: there is no such file$/],
    [
      "a missing validation file",
      ["--train", "train.tsv", "--valid", "missing.tsv", ...out],
      /^missing\.tsv: there is no such file$/,
    ],
    ["a missing test file", [...FILES, "--test", "missing.tsv", ...out], /^missing\.tsv: there is no such file$/],
    [
      "a missing column",
      ["--train", "train.tsv", "--text-column", "review", ...out],
      /^train\.tsv:1: there is no column "review"; the columns are "text", "label"$/,
    ],
    ["an empty data set", ["--train", "empty.tsv", ...out], /^empty\.tsv: there are no examples in this file$/],
    [
      "a label outside the classes",
      ["--train", "train.tsv", "--valid", "other.tsv", ...out],
      /^other\.tsv:2: the label must be one of "neg", "pos", got "mixed"$/,
    ],
    [
      "the same in the test file",
      [...FILES, "--test", "other.tsv", ...out],
      /^other\.tsv:2: the label must be one of "neg", "pos", got "mixed"$/,
    ],
    ["labels that are none", ["--train", "ids.csv", ...out], /^ids\.csv: .* different labels/],
    [
      "a folder that is no run",
      ["--predict", "empty-folder", "good"],
      /^empty-folder has no config\.json: this is no folder that a training has written\.$/,
    ],
    ["no folder", ["--predict", "nowhere", "good"], /^nowhere has no config\.json/],
    ["another file's content", ["--predict", "swapped", "good"], /^swapped\/config\.json is not the configuration/],
    ["a damaged model", ["--predict", "damaged", "good"], /^damaged\/model\.safetensors: .*$/],
    ["an unknown option", ["--epoch", "3", ...out], /^There is no option --epoch; --help lists them all\.$/],
    ["an option without its value", ["--epochs"], /^--epochs is given wrongly; --help says how\.$/],
    ["a number that is none", ["--epochs", "many", ...out], /^--epochs must be a whole number of at least 1, got "many"\.$/],
    ["a number out of range", ["--lr", "0", ...out], /^--lr must be a number above 0, got "0"\.$/],
    [
      "heads that do not divide the width",
      ["--heads", "3", ...out],
      /^--d-model must be a multiple of --heads, got \d+ and 3\.$/,
    ],
    ["an unknown pooling", ["--pooling", "last", ...out], /^--pooling must be one of mean, cls, max, attention, got "last"\.$/],
    ["an unknown head", ["--head", "mlp", ...out], /^--head must be one of linear, tanh, lstm, got "mlp"\.$/],
    ["an unknown variant", ["--variant", "mmx", ...out], /^--variant must be one of simd, .*, got "mmx"\.$/],
    ["validation without training data", ["--valid", "valid.tsv", ...out], /^--valid needs --train FILE\.$/],
    [
      "an option that the run decides",
      ["--resume", "run", "--epochs", "3"],
      /^--epochs cannot be given with --resume, which takes everything from the run\.$/,
    ],
    ["a sentence without a run", ["good", ...out], /^"good" is no option; sentences go with --predict DIR\.$/],
    ["a place that is taken", [...FILES, "--out", "run"], /^run is there already; choose another --out, or --resume it\.$/],
    ["a place that cannot be", [...FILES, "--out", "train.tsv/run"], /^train\.tsv\/run cannot be made: .*$/],
  ])("%s is one sentence and exit code 1, and nothing is written", async (_, args, message) => {
    const before = readdirSync(cli.folder, { recursive: true }).sort();
    const { code, stdout, stderr } = await cli.run(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.replace(/\n$/, "")).toMatch(message);
    expect(readdirSync(cli.folder, { recursive: true }).sort()).toEqual(before);
  });
});

it("--help lists every option and exits with 0", async () => {
  const { code, stdout } = await cli.run(["--help"]);
  expect(code).toBe(0);
  for (const option of ["--train FILE", "--text-column NAME", "--resume DIR", "--deterministic"])
    expect(stdout).toContain(option);
});

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Rng } from "fovea";
import { afterAll, expect, test } from "vitest";
import { makePairs } from "../../examples/inference/makePairs.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fovea-inference-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The example as a child process: what it printed, and how it ended. */
function run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const command = ["--import", import.meta.resolve("tsx"), join(root, "examples/inference/main.ts"), ...args];
  const child = spawn(process.execPath, command, {
    cwd: folder,
    env: { ...process.env, TSX_TSCONFIG_PATH: join(root, "tsconfig.json") },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}

/** As the files that it reads: columns in another order, and one that is of no use. */
function table(count: number, seed: number): string {
  const rows = makePairs(count, new Rng(seed)).map(({ first, second, label }, i) => [i, label, first, second].join("\t"));
  return ["pair_ID\tentailment_judgment\tsentence_A\tsentence_B", ...rows].join("\n");
}

test.each([
  ["pair", 10],
  ["cross", 6],
])("learns from files, and leaves a model, its vocabulary and curves: --model %s", async (model, epochs) => {
  writeFileSync(join(folder, "train.txt"), table(1200, 1));
  writeFileSync(join(folder, "test.txt"), table(150, 2));
  const files = ["--train", "train.txt", "--valid", "test.txt", "--test", "test.txt"];
  const { code, output } = await run([...files, "--model", model, "--epochs", String(epochs), "--threads", "1", "--out", model]);
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(output).toContain("data      1200 + 150 + 150 pairs");
  expect(Number(/test: ([\d.]+) % right/.exec(output)?.[1])).toBeGreaterThan(75); // one in three by chance
  expect(
    readFileSync(join(folder, model, "metrics.jsonl"), "utf8")
      .trim()
      .split("\n"),
  ).toHaveLength(epochs);
  const report = readFileSync(join(folder, model, "report.html"), "utf8");
  expect(report).toContain(`epoch ${epochs}, step`);
  expect(report).toContain(`layer ${model === "pair" ? 2 : 1}, head 4`);
});

test("says what is wrong with a file, or an option", async () => {
  writeFileSync(join(folder, "bad.txt"), "sentence_A\tsentence_B\na man\ta woman");
  expect((await run(["--train", "bad.txt"])).output).toContain(
    "bad.txt:1: the header must name sentence_A, sentence_B and entailment_judgment, got sentence_A, sentence_B",
  );
  writeFileSync(join(folder, "odd.txt"), `${table(3, 1)}\n3\tMAYBE\ta man\ta dog`);
  expect((await run(["--train", "train.txt", "--valid", "odd.txt"])).output).toContain(
    'odd.txt:5: the label must be one of "CONTRADICTION", "ENTAILMENT", "NEUTRAL", got "MAYBE"',
  );
  expect((await run(["--model", "both"])).output).toContain('--model must be pair or cross, got "both"');
});

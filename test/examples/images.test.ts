import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Rng } from "fovea";
import { afterAll, expect, test } from "vitest";
import { makeDigits } from "../../examples/images/makeDigits.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fovea-images-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The example as a child process: what it printed, and how it ended. */
function run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), join(root, "examples/images/main.ts"), ...args],
    {
      cwd: folder,
      env: { ...process.env, TSX_TSCONFIG_PATH: join(root, "tsconfig.json") },
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}

/** As the files that it reads. */
function csv(count: number, seed: number): string {
  const header = ["label", ...Array.from({ length: 64 }, (_, i) => `p${i}`)].join(",");
  return [header, ...makeDigits(count, new Rng(seed)).map(({ label, pixels }) => [label, ...pixels].join(","))].join("\n");
}

test("learns from files, scores those it has not seen, and leaves a model, curves and a map", async () => {
  writeFileSync(join(folder, "train.csv"), csv(400, 1));
  writeFileSync(join(folder, "test.csv"), csv(100, 2));
  const { code, output } = await run([
    "--train",
    "train.csv",
    "--test",
    "test.csv",
    "--epochs",
    "12",
    "--threads",
    "1",
    "--out",
    "run",
  ]);
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(output).toContain("data      320 + 80 + 100 pictures");
  expect(Number(/test: ([\d.]+) % right/.exec(output)?.[1])).toBeGreaterThan(40); // one in ten by chance
  expect(readFileSync(join(folder, "run/metrics.jsonl"), "utf8").trim().split("\n")).toHaveLength(12);
  expect(readFileSync(join(folder, "run/curves.html"), "utf8")).toContain("epoch 12, step");
  expect(readFileSync(join(folder, "run/attention.html"), "utf8").match(/<figure>/g)).toHaveLength(10);
});

test("says which line is none", async () => {
  writeFileSync(join(folder, "bad.csv"), `${csv(2, 1)}\n7,1,2`);
  const { code, output } = await run(["--train", "bad.csv"]);
  expect(code).not.toBe(0);
  writeFileSync(join(folder, "headless.csv"), csv(3, 1).split("\n").slice(1).join("\n"));
  expect((await run(["--train", "headless.csv"])).output).toBe(
    "headless.csv:1: must be a header, got a picture, which would be left out\n",
  );
  expect(output).toContain("bad.csv:4: must be a label from 0 to 9 and 64 pixels from 0 to 16");
});

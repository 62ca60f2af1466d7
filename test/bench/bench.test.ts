import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { parseOptions } from "../../bench/options.ts";
import type { BenchRecord } from "../../bench/record.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fovea-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bench = (...flags: string[]) =>
  spawnSync(process.execPath, ["--import", "tsx", "bench/main.ts", ...flags], { cwd: root, encoding: "utf8" });

test("one record a case and thread count, with the names that are promised", () => {
  const path = join(folder, "records.json");
  const { status, stderr } = bench("--only", "^matmul 16³ NN", "--variant", "simd-threads", "--threads", "1,2", "--json", path);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const records = JSON.parse(readFileSync(path, "utf8")) as BenchRecord[];
  expect(records.map(({ threads }) => threads)).toEqual([1, 2]);
  for (const record of records) {
    expect(record).toMatchObject({ name: "matmul 16³ NN", shape: "16×16×16", variant: "simd-threads", checked: true });
    const { medianMs, minMs, gflops, ceiling, share, baselineMs } = record;
    for (const positive of [medianMs, minMs, gflops, ceiling, share, baselineMs]) expect(positive).toBeGreaterThan(0);
    expect(minMs).toBeLessThanOrEqual(medianMs);
    expect(gflops).toBeCloseTo((2 * 16 ** 3) / medianMs / 1e6, 6);
    expect(share).toBeCloseTo(gflops! / ceiling!, 6);
  }
});

test.each([
  [["--quick"], /^bench: flags are --only PATTERN.*--quick/],
  [["--threads", "0"], /^bench: --threads must be whole numbers.*got 0$/],
  [["--variant", "scalar"], /^bench: --variant must be one of .*got scalar$/],
  [["--variant", "simd", "--threads", "2"], /^bench: the variant simd has one thread/],
  [["--only", "("], /^bench: --only must be a regular expression, got \($/],
])("%j is refused", (flags, sentence) => {
  expect(() => parseOptions(flags)).toThrow(sentence);
});

test.each([
  [["--only", "nothing of that name"], /^bench: no case matches --only nothing of that name$/],
  [["--json", folder], /^bench: --json must be a file that can be written.*$/],
])("%j ends with one sentence and exit code 1", (flags, sentence) => {
  const { status, stderr } = bench(...flags);
  expect(stderr.trimEnd()).toMatch(sentence);
  expect(status).toBe(1);
});

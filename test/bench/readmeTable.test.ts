import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { newestRecord, tableOf, withTable } from "../../bench/rivals/readmeTable.ts";
import type { RecordFile, RivalRecord } from "../../bench/rivals/record.ts";
import { root } from "../../scripts/setup/paths.mjs";

const readme = readFileSync(root("README.md"), "utf8");

test("the README's table is what the script makes of the newest record", () => {
  const record = newestRecord();
  if (record) expect(readme).toBe(withTable(readme, record));
  else console.log("the README's table is not compared: no record has been kept yet (npm run bench:rivals -- --record)");
});

const row = (who: string, threads: number, medianMs: number, more: Partial<RivalRecord> = {}): RivalRecord => ({
  ...{ name: "matmul 512³ NN", shape: "512×512×512", who, version: "1", engine: "node24", variant: `wasm ${threads}`, threads },
  ...{ medianMs, spread: 0.01, samples: 7, ratio: 1, ceiling: 50, share: 0.8, checked: true, error: 1e-7, ...more },
});

const file: RecordFile = {
  ...{ date: "2026-11-25", machine: { cpu: "A CPU", cores: 2, system: "Linux" }, command: "npm run bench:rivals -- --record" },
  engines: { node24: "Node 24.1" },
  records: [
    ...[row("fovea", 1, 6.5), row("pytorch", 1, 2), row("other", 1, 1234, { checked: false })],
    ...[row("fovea", 2, 3.25), row("other", 1, 7, { engine: "chromium" })],
  ],
};

test("a row has a time for each number of threads, what is missing is said, natives come last", () => {
  const lines = tableOf(file).split("\n");
  expect(lines[1]).toBe("| ms | fovea | other | pytorch, native | fovea's share of the ceiling |");
  expect(lines[3]).toBe("| matmul 512³ NN | 6.50 / 3.25 | ✗ 1234 / — | 2.00 / — | 80 % / 80 % |");
  expect(lines[4]).toBe("| matmul 1024³ NN | — | — | — | — |");
  expect(lines.at(-2)).toBe(
    "From `npm run bench:rivals -- --record` in Node 24.1 on A CPU, 2 cores, 2026-11-25. fovea 1 (wasm 1 / wasm 2), other 1 (wasm 1), pytorch 1 (wasm 1).",
  );
});

test("only what is between the marks changes, and writing it twice is writing it once", () => {
  const written = withTable(readme, file);
  expect(withTable(written, file)).toBe(written);
  const outside = (text: string) => [text.split("writes from here -->")[0], text.split("<!-- to here -->")[1]];
  expect(outside(written)).toEqual(outside(readme));
  expect(() => withTable("no marks", file)).toThrow(/^README.md: has no /);
});

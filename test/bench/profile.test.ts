import { expect, test } from "vitest";
import { profile } from "../../bench/profile.ts";
import { init, keepAlive, matmul, ones, relu, scope } from "../../ts/index.ts";

test("a profile names each kernel, products by how their operands lie, and counts its calls", async () => {
  await init({ threads: 1 });
  const x = keepAlive(ones([3, 4]));
  const run = () =>
    scope(() => {
      matmul(x, relu(x), { transposeB: true });
      matmul(x, x, { transposeA: true });
      relu(x);
    });
  const start = () => ({ run, results: () => [], end: () => x.dispose() });
  const [title, ...lines] = profile({ name: "two products", shape: "3×4", batch: 1, affordable: 1, flops: 1, start });
  expect(title).toMatch(/^two products, 3×4, \S+, threads 1: [\d.]+ ms a step$/);
  const calls = Object.fromEntries(lines.map((line) => line.trim().split(/\s{2,}/)).map((cells) => [cells[0], cells[3]]));
  expect(calls).toEqual({ "matmul NT": "1 calls", "matmul TN": "1 calls", reluForward: "2 calls", TypeScript: undefined });
});

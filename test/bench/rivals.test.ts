import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import type { RivalCase } from "../../bench/rivals/case.ts";
import { type Expected, expectedOf } from "../../bench/rivals/expected/expected.ts";
import { product } from "../../bench/rivals/expected/linear.ts";
import { type Host, RivalFailed } from "../../bench/rivals/host.ts";
import { makeInputs } from "../../bench/rivals/inputs.ts";
import { judge } from "../../bench/rivals/judge.ts";
import { ceilingsOf, type Measured, measureCase, type Seat } from "../../bench/rivals/measure.ts";
import { nodeHost } from "../../bench/rivals/nodeHost.ts";
import { parseOptions } from "../../bench/rivals/options.ts";
import { programHost } from "../../bench/rivals/programHost.ts";
import { quantile, recordOf } from "../../bench/rivals/record.ts";
import { rivals } from "../../bench/rivals/rivals.ts";
import { reference } from "../../ts/reference/index.ts";

const tiny: RivalCase = { op: "matmul", name: "tiny", shape: "", m: 7, n: 5, k: 3, transposeA: false, transposeB: true };
const node = process.execPath;
const hosts: Host[] = [];

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.end();
});

async function seat(name: string, host: Promise<Host>): Promise<Seat> {
  const there = await host;
  hosts.push(there);
  await there.pause();
  return { name, host: there };
}

const wrong = () =>
  seat("wrong", programHost([process.execPath, fileURLToPath(new URL("./wrongProgram.mjs", import.meta.url))], 1));

test("a tiny case: ours and every other library that is installed is right, and has a time", async () => {
  const seats: Seat[] = [];
  for (const rival of rivals) {
    if (rival.kind !== "library" || !/^(fovea|ort-web)/.test(rival.name)) continue;
    try {
      await rival.prepare();
      seats.push(await seat(rival.name, nodeHost(rival.module, node, 1)));
    } catch (error) {
      console.log(`the bench's test goes without ${rival.name}: ${(error as Error).message}`);
    }
  }
  const ceilings = await ceilingsOf(seats[0]!);
  const measured = await measureCase(tiny, expectedOf(tiny), seats);
  expect(measured.slice(0, 2).map(({ seat }) => seat.name)).toEqual(["fovea", "fovea strict"]);
  for (const entry of measured) {
    expect(entry).toMatchObject({ failure: null, refusal: null, verdict: { wrong: null } });
    const record = recordOf(tiny, "node", entry, quantile(measured[0]!.samples, 0.5), ceilings);
    expect(record).toMatchObject({ who: entry.seat.name, checked: true, samples: 7, threads: 1 });
    for (const positive of [record.medianMs, record.gflops, record.ratio, record.share]) expect(positive).toBeGreaterThan(0);
    expect(record.gflops).toBeCloseTo((2 * 7 * 5 * 3) / record.medianMs / 1e6, 6);
  }
});

test("who is wrong is said to be wrong; who refuses or fails says why; all three go on", async () => {
  const there = await wrong();
  const measure = async (each: RivalCase): Promise<Measured> => (await measureCase(each, expectedOf(each), [there]))[0]!;
  const { verdict, samples } = await measure(tiny);
  expect(verdict!.wrong).toMatch(/^out\[0\] is 0, float64 says /);
  expect(samples).toEqual(Array.from({ length: 7 }, () => 100));
  const rows = { name: "", shape: "", rows: 2, cols: 3 };
  expect(await measure({ op: "softmax", ...rows })).toMatchObject({ refusal: "has no exponential", samples: [] });
  expect(await measure({ op: "layerNorm", ...rows })).toMatchObject({ failure: "ran out of eps", samples: [] });
  expect((await measure(tiny)).samples).toHaveLength(7);
});

test("who cannot be loaded, or is gone, is one reason", async () => {
  await expect(nodeHost("participants/nobody.ts", node, 1)).rejects.toThrow(RivalFailed);
  const { host } = await wrong();
  await host.end();
  await expect(host.ask({ kind: "end" })).rejects.toThrow(/^its process ended with SIGKILL$/);
  expect(host.alive).toBe(false);
});

test.each<RivalCase>([
  { op: "attention", name: "", shape: "", batch: 2, numHeads: 2, seqLen: 19, headDim: 4, causal: true, backward: true },
  { op: "encoderLayer", name: "", shape: "", batch: 2, seqLen: 9, embedDim: 8, numHeads: 2, dimFeedforward: 12 },
  {
    ...{ op: "trainingStep", name: "", shape: "", batch: 4, seqLen: 5, embedDim: 8, numHeads: 2, numLayers: 2 },
    ...{ dimFeedforward: 12, vocabSize: 11, numClasses: 3, dropout: 0 },
  },
])("what is expected of $op is what the library computes", async (each) => {
  const ours = await seat("fovea", nodeHost("participants/fovea.ts", node, 1));
  const [{ verdict }] = (await measureCase(each, expectedOf(each), [ours])) as [Measured];
  expect(verdict!.wrong).toBeNull();
  expect(verdict!.error).toBeLessThan(3e-6); // 9e-7, losses 2e-7 (2026-11-25)
});

test("one element that is off, or no number, is found", () => {
  const expected: Expected = { out: { picks: [3, 9], values: Float64Array.of(2, -4) } };
  const answer = (values: (number | null)[], finite = true) =>
    judge(expected, { kind: "result", values: { out: values }, finite });
  expect(answer([2, -4.0001])).toMatchObject({ wrong: null });
  expect(answer([2, -4.001]).wrong).toBe("out[9] is -4.001, float64 says -4");
  expect(answer([null, -4]).wrong).toBe("out[3] is null, float64 says 2");
  expect(answer([2, -4], false).wrong).toBe("not all of it is finite");
});

test("the float64 product of two rows and four columns at a time is the reference's", () => {
  const [m, n, k] = [5, 6, 7];
  const a = Float64Array.from({ length: m * k }, (_, i) => Math.sin(i));
  const b = Float64Array.from({ length: n * k }, (_, i) => Math.cos(i));
  const out = new Float64Array(m * n);
  const one = { batch: 1, aBatch: 1, bBatch: 1, transposeA: false, transposeB: true, activation: 0 };
  reference.matmul({ a, b, out, ...one, m, n, k });
  expect(product(a, b, k)).toEqual(out);
});

test("inputs are the bits that ten lines of Python made", () => {
  const { x, ids } = makeInputs([
    { name: "x", shape: [3], seed: 1, kind: "uniform", scale: 2, offset: 0.5 },
    { name: "ids", shape: [5], seed: 2, kind: "below", limit: 100, period: 2 },
  ]);
  expect([...x!]).toEqual([-0.028497828170657158, -1.1735475063323975, 1.7821431159973145]);
  expect([...ids!]).toEqual([3, 66, 3, 66, 3]);
});

test.each([
  [["--quick"], /^bench:rivals: flags are --only PATTERN.*--quick/],
  [["--threads", "1,x"], /^bench:rivals: --threads must be whole numbers.*got 1,x$/],
  [["--rivals", "fovea,scalar"], /^bench:rivals: --rivals must be of fovea, other with commas between, got scalar$/],
  [["--only", "("], /^bench:rivals: --only must be a regular expression, got \($/],
  [["--engine", "node24,deno"], "bench:rivals: --engine must be of node24, chromium with commas between, got deno"],
])("%j is refused", (flags, sentence) => {
  expect(() => parseOptions(flags, { rivals: ["fovea", "other"], engines: ["node24", "chromium"] })).toThrow(sentence);
});

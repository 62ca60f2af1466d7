import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { type Bitmap, TensorBoardWriter } from "fovea/io";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { root } from "../../scripts/setup/paths.mjs";
import { CASTAGNOLI, crc32, IEEE } from "../../ts/io/tensorboard/crc32.ts";
import { doublesOf, type Fields, fieldsOf, readEvents, remainder, textOf } from "./eventFile.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fovea-tensorboard-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const picture = (channels: 1 | 3 | 4): Bitmap => ({
  ...{ width: 5, height: 3, channels },
  pixels: Uint8Array.from({ length: 15 * channels }, (_, i) => (i * 37) % 256),
});
const spread = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 3 + 1);
const TEXT = "a **model** with ä and 漢";
const FAR = 2 ** 40;

async function writeAll(): Promise<TensorBoardWriter> {
  const board = await TensorBoardWriter.open(folder);
  board.addScalars({ "train/loss": 0.5, "train/lr": 1e-3 }, 1);
  board.addScalar("train/loss", 0.25, 300);
  board.addScalar("train/loss", Number.NaN, FAR);
  board.addHistogram("weights", spread, 1);
  board.addHistogram("weights", new Float32Array(7).fill(2), 2);
  board.addHistogram("nothing", [Number.NaN], 2);
  board.addText("facts", TEXT, 0);
  for (const channels of [1, 3, 4] as const) board.addImage(`map ${channels}`, picture(channels), 3);
  board.close();
  return board;
}

describe("what is written", () => {
  /** By tag: each value with its step. */
  const valuesOf = (events: readonly Fields[]) =>
    events.flatMap((event) => {
      const summary = event.get(5)?.[0];
      const values = summary ? fieldsOf(summary as Uint8Array).get(1)! : [];
      return values.map((value) => {
        const fields = fieldsOf(value as Uint8Array);
        return { tag: textOf(fields.get(1)![0]), step: event.get(2)![0], fields };
      });
    });

  test("begins with the version, then has scalars at their steps", async () => {
    const before = Date.now() / 1000;
    const events = readEvents((await writeAll()).path);
    expect(textOf(events[0]!.get(3)![0])).toBe("brain.Event:2");
    const seconds = events.map((event) => event.get(1)![0] as number);
    expect(Math.min(...seconds)).toBeGreaterThanOrEqual(before - 0.001);
    expect(seconds.every((time, i) => i === 0 || time >= seconds[i - 1]!)).toBe(true);
    const scalars = valuesOf(events).filter(({ fields }) => fields.has(2));
    expect(scalars.map(({ tag, step, fields }) => [tag, step, fields.get(2)![0]])).toEqual([
      ["train/loss", 1, 0.5],
      ["train/lr", 1, Math.fround(1e-3)],
      ["train/loss", 300, 0.25],
      ["train/loss", FAR, Number.NaN],
    ]);
  });

  test("histograms count every value once, between its limits", async () => {
    const all = valuesOf(readEvents((await writeAll()).path)).filter(({ fields }) => fields.has(5));
    expect(all.map(({ tag, step }) => [tag, step])).toEqual([
      ["weights", 1],
      ["weights", 2],
    ]);
    const [first, second] = all.map(({ fields }) => fieldsOf(fields.get(5)![0] as Uint8Array));
    const numbers = (fields: Fields) => [1, 2, 3, 4, 5].map((field) => fields.get(field)![0] as number);
    const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
    const sorted = [...spread].sort((a, b) => a - b);
    const expected = [sorted[0]!, sorted.at(-1)!, 1000, sum(spread), sum(spread.map((x) => x * x))];
    numbers(first!).forEach((value, i) => {
      expect(Math.abs(value - expected[i]!) / Math.abs(expected[i]!)).toBeLessThan(1e-6); // the sum of squares is rounded here
    });
    const [limits, counts] = [6, 7].map((field) => doublesOf(first!.get(field)![0]));
    expect([limits!.length, limits!.at(-1), sum(counts!)]).toEqual([30, sorted.at(-1), 1000]);
    const below = limits!.slice(0, -1).map((limit) => sorted.filter((value) => value < limit).length);
    expect([...below, 1000].map((value, i) => value - (below[i - 1] ?? 0))).toEqual(counts);
    expect(numbers(second!)).toEqual([2, 2, 7, 14, 28]);
    expect([6, 7].map((field) => doublesOf(second!.get(field)![0]))).toEqual([[2], [7]]);
  });

  test("pictures are PNG files whose checks are right", async () => {
    const all = valuesOf(readEvents((await writeAll()).path)).filter(({ fields }) => fields.has(4));
    for (const [i, channels] of ([1, 3, 4] as const).entries()) {
      const image = fieldsOf(all[i]!.fields.get(4)![0] as Uint8Array);
      expect([1, 2, 3].map((field) => image.get(field)![0])).toEqual([3, 5, channels]);
      expect(pixelsOf(Buffer.from(image.get(4)![0] as Uint8Array), channels)).toEqual([...picture(channels).pixels]);
    }
  });

  test("texts say which plugin shows them", async () => {
    const [text] = valuesOf(readEvents((await writeAll()).path)).filter(({ fields }) => fields.has(8));
    const tensor = fieldsOf(text!.fields.get(8)![0] as Uint8Array);
    expect([tensor.get(1)![0], textOf(tensor.get(8)![0])]).toEqual([7, TEXT]);
    const plugin = fieldsOf(fieldsOf(text!.fields.get(9)![0] as Uint8Array).get(1)![0] as Uint8Array);
    expect(textOf(plugin.get(1)![0])).toBe("text");
  });

  test("checks are those of their definition", () => {
    const digits = new TextEncoder().encode("123456789");
    expect(crc32(CASTAGNOLI)(digits)).toBe(0xe3069283);
    expect(crc32(IEEE)(digits)).toBe(0xcbf43926);
    for (const polynomial of [CASTAGNOLI, IEEE])
      for (const length of [0, 1, 255, 1000]) {
        const bytes = Uint8Array.from({ length }, (_, i) => (i * i) % 251);
        expect(crc32(polynomial)(bytes)).toBe(remainder(bytes, polynomial));
      }
  });
});

function pixelsOf(png: Buffer, channels: number): number[] {
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const named = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(remainder(named, IEEE));
    chunks.set(named.toString("latin1", 0, 4), named.subarray(4));
    at += 12 + length;
  }
  expect([...chunks.keys()]).toEqual(["IHDR", "IDAT", "IEND"]);
  const rows = inflateSync(chunks.get("IDAT")!);
  const stride = 1 + 5 * channels;
  return [...rows].filter((_, i) => i % stride !== 0);
}

test("what makes no sense is refused, and nothing is written", async () => {
  const board = await TensorBoardWriter.open(folder);
  const length = readEvents(board.path).length;
  for (const step of [-1, 0.5, Number.NaN, Infinity])
    expect(() => board.addScalar("a", 1, step)).toThrow(expect.objectContaining({ code: "RANGE" }));
  expect(() => board.addImage("a", { ...picture(3), width: 6 }, 1)).toThrow(expect.objectContaining({ code: "SHAPE" }));
  expect(readEvents(board.path)).toHaveLength(length);
  board.close();
  board.close();
  expect(() => board.addScalar("a", 1, 1)).toThrow(expect.objectContaining({ code: "STATE" }));
  await expect(TensorBoardWriter.open(folder, { purgeStep: -1 })).rejects.toThrow(expect.objectContaining({ code: "RANGE" }));
  expect(readdirSync(folder)).toHaveLength(1);
});

const python = process.env.FOVEA_TENSORBOARD_PYTHON;
if (!python)
  console.log("TensorBoard's own reader is not asked: FOVEA_TENSORBOARD_PYTHON names no Python with tensorboard and pillow");

describe.skipIf(!python)("TensorBoard's own reader", () => {
  const read = () =>
    JSON.parse(
      execFileSync(python!, [root("test/io/readEventFiles.py"), folder], { encoding: "utf8" }).replaceAll("NaN", "null"),
    );

  test("finds all that was written", async () => {
    const events = readEvents((await writeAll()).path);
    const { scalars, histograms, images, texts } = read();
    expect(scalars).toEqual({
      "train/loss": [
        [1, 0.5],
        [300, 0.25],
        [FAR, null],
      ],
      "train/lr": [[1, Math.fround(1e-3)]],
    });
    expect(histograms.weights.map(({ step, num }: { step: number; num: number }) => [step, num])).toEqual([
      [1, 1000],
      [2, 7],
    ]);
    expect(histograms.weights[0].counts.reduce((sum: number, count: number) => sum + count)).toBe(1000);
    expect(Object.keys(histograms)).toEqual(["weights"]);
    for (const [channels, mode] of [
      [1, "L"],
      [3, "RGB"],
      [4, "RGBA"],
    ] as const)
      expect(images[`map ${channels}`]).toEqual([{ step: 3, size: [5, 3], mode, pixels: [...picture(channels).pixels] }]);
    expect(texts).toEqual({ facts: [{ step: 0, text: [TEXT] }] });
    expect(events.length).toBeGreaterThan(8);
  });

  test("forgets what a run that went on has done again", async () => {
    const first = await TensorBoardWriter.open(folder);
    for (let step = 1; step <= 6; step += 1) first.addScalar("loss", step, step);
    first.close();
    const second = await TensorBoardWriter.open(folder, { purgeStep: 5 });
    for (let step = 5; step <= 7; step += 1) second.addScalar("loss", 10 * step, step);
    second.close();
    expect(read().scalars.loss).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
      [5, 50],
      [6, 60],
      [7, 70],
    ]);
  });
});

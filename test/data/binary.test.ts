import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { idxItems, readIdx, readText, readWav, wavBlocks } from "fovea/data";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "fovea-binary-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** The same bytes whole, and one at a time: no reader may depend on where a piece ends. */
const pieces = (bytes: Uint8Array): [string, Uint8Array[]][] => [
  ["whole", [bytes]],
  ["a byte at a time", Array.from(bytes, (byte) => Uint8Array.of(byte))],
];

const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
const little = (value: number, bytes: number): number[] => Array.from({ length: bytes }, (_, i) => (value >>> (8 * i)) & 255);
const big = (value: number): number[] => little(value, 4).reverse();

interface Wav {
  tag?: number;
  channels?: number;
  bits?: number;
  data: number[];
  announced?: number;
  before?: number[];
  extensible?: number;
}

function wav({ tag = 1, channels = 1, bits = 16, data, announced = data.length, before = [], extensible }: Wav): Uint8Array {
  const extension =
    extensible === undefined
      ? []
      : [...little(22, 2), ...little(bits, 2), ...little(0, 4), ...little(extensible, 2), ...new Array<number>(14).fill(0)];
  const format = [
    ...little(tag, 2),
    ...little(channels, 2),
    ...little(8000, 4),
    ...little(0, 4),
    ...little(0, 2),
    ...little(bits, 2),
    ...extension,
  ];
  const body = [
    ...before,
    ...ascii("fmt "),
    ...little(format.length, 4),
    ...format,
    ...ascii("data"),
    ...little(announced, 4),
    ...data,
  ];
  return Uint8Array.from([...ascii("RIFF"), ...little(body.length + 4, 4), ...ascii("WAVE"), ...body]);
}

const samples = async (bytes: Uint8Array): Promise<number[]> =>
  (await all(wavBlocks([bytes]))).flatMap((block) => [...block.samples]);

describe("wavBlocks", () => {
  it.each<[what: string, wav: Wav, expected: number[]]>([
    ["16 bits", { data: [...little(16384, 2), ...little(-32768, 2)] }, [0.5, -1]],
    ["8 bits, without a sign", { bits: 8, data: [128, 0, 192] }, [0, -1, 0.5]],
    ["24 bits", { bits: 24, data: [0, 0, 0x40, 0xff, 0xff, 0xff] }, [0.5, -(2 ** -23)]],
    ["32 bits", { bits: 32, data: little(-(2 ** 31), 4) }, [-1]],
    ["floating point", { tag: 3, bits: 32, data: [...new Uint8Array(Float32Array.of(0.1).buffer)] }, [Math.fround(0.1)]],
    ["double", { tag: 3, bits: 64, data: [...new Uint8Array(Float64Array.of(-2).buffer)] }, [-2]],
    ["the extensible format", { tag: 0xfffe, extensible: 1, data: little(16384, 2) }, [0.5]],
    ["two channels, side by side", { channels: 2, data: [...little(8192, 2), ...little(-8192, 2)] }, [0.25, -0.25]],
    ["other chunks, an odd one too", { before: [...ascii("LIST"), ...little(3, 4), 1, 2, 3, 0], data: little(16384, 2) }, [0.5]],
    ["a length that was not known", { announced: 0xffff_ffff, data: little(16384, 2) }, [0.5]],
    ["no samples", { data: [] }, []],
  ])("reads %s", async (_, content, expected) => {
    for (const [, chunks] of pieces(wav(content)))
      expect((await all(wavBlocks(chunks))).flatMap((block) => [...block.samples])).toEqual(expected);
  });

  it("gives long ones in blocks, and the file whole", async () => {
    const data = Array.from({ length: 40_001 }, (_, i) => little(i % 32768, 2)).flat();
    const blocks = await all(wavBlocks([wav({ data })]));
    expect(blocks.map(({ start, samples }) => [start, samples.length])).toEqual([
      [0, 16384],
      [16384, 16384],
      [32768, 7233],
    ]);
    const path = join(folder, "long.wav");
    writeFileSync(path, wav({ data }));
    const recording = await readWav(path);
    expect(recording).toMatchObject({ sampleRate: 8000, numChannels: 1 });
    expect([...recording.samples]).toEqual(await samples(wav({ data })));
    expect(recording.samples[40_000]).toBe((40_000 % 32768) / 32768);
  });

  it.each<[what: string, bytes: Uint8Array, message: string]>([
    [
      "another file",
      Uint8Array.from(ascii("OggS________")),
      'a.wav: byte 0: a WAV file starts with RIFF and WAVE, got "OggS" and "____"',
    ],
    [
      "a cut header",
      Uint8Array.from(ascii("RIFF")),
      "a.wav: byte 4: the file ends inside the header: 12 bytes are needed, got 4",
    ],
    [
      "no samples at all",
      wav({ data: [] }).subarray(0, 36),
      "a.wav: byte 36: the file ends inside the file, before any samples: 8 bytes are needed, got 0",
    ],
    [
      "samples cut off",
      wav({ data: [1, 2, 3, 4], announced: 8 }),
      "a.wav: byte 48: the file ends after 2 of the 4 frames that are announced",
    ],
    [
      "ADPCM",
      wav({ tag: 2, bits: 4, data: [] }),
      "a.wav: byte 20: samples must be whole numbers of 8, 16, 24 or 32 bits or floating point, got format 2 of 4 bits",
    ],
    ["no channels", wav({ channels: 0, data: [] }), "a.wav: byte 20: channels and rate must be at least 1, got 0 and 8000"],
  ])("refuses %s", async (_, bytes, message) => {
    await expect(all(wavBlocks([bytes], { name: "a.wav" }))).rejects.toMatchObject({ code: "DATA", message });
  });
});

describe("idxItems", () => {
  const images = Uint8Array.from([0, 0, 8, 3, ...big(2), ...big(1), ...big(3), 1, 2, 3, 4, 5, 6]);

  it("gives the items of the first axis one by one, whatever the pieces, packed or not", async () => {
    const expected = [
      { index: 0, shape: [1, 3], values: Uint8Array.of(1, 2, 3) },
      { index: 1, shape: [1, 3], values: Uint8Array.of(4, 5, 6) },
    ];
    for (const [, chunks] of pieces(images)) expect(await all(idxItems(chunks))).toEqual(expected);
    writeFileSync(join(folder, "images.gz"), gzipSync(images));
    expect(await all(readIdx(join(folder, "images.gz")))).toEqual(expected);
  });

  it.each<[type: number, bytes: number[], value: unknown]>([
    [9, [255], Int8Array.of(-1)],
    [11, [255, 254], Int16Array.of(-2)],
    [12, [255, 255, 255, 253], Int32Array.of(-3)],
    [13, [0x3f, 0, 0, 0], Float32Array.of(0.5)],
    [14, [0x3f, 0xe0, 0, 0, 0, 0, 0, 0], Float64Array.of(0.5)],
  ])("reads numbers of type %d", async (type, bytes, value) => {
    expect(await all(idxItems([Uint8Array.from([0, 0, type, 1, ...big(1), ...bytes])]))).toEqual([
      { index: 0, shape: [], values: value },
    ]);
  });

  it.each<[what: string, bytes: Uint8Array, message: string]>([
    [
      "another file",
      Uint8Array.of(0x89, 80, 78, 71),
      "a.idx: byte 0: an IDX file starts with 0, 0, the type and the number of axes, got 137, 80, 78, 71",
    ],
    ["a cut item", images.subarray(0, 20), "a.idx: byte 20: the file ends inside item 1 of 2: 3 bytes are needed, got 1"],
    ["bytes after the last", Uint8Array.of(...images, 7), "a.idx: byte 22: the file must end after item 1, and goes on"],
    ["nothing", new Uint8Array(0), "a.idx: byte 0: the file ends inside the magic number: 4 bytes are needed, got 0"],
  ])("refuses %s", async (_, bytes, message) => {
    await expect(all(idxItems([bytes], { name: "a.idx" }))).rejects.toMatchObject({ code: "DATA", message });
  });
});

describe("packed files", () => {
  it("are unpacked as they are read", async () => {
    const path = join(folder, "text.txt.gz");
    writeFileSync(path, gzipSync("naïve\n".repeat(1000)));
    expect((await all(readText(path))).join("")).toBe("naïve\n".repeat(1000));
  });

  it.each<[what: string, bytes: Uint8Array, why: string]>([
    ["no gzip", Uint8Array.from(ascii("plain text")), "the file is not packed by gzip, or damaged"],
    ["a cut one", gzipSync("text ".repeat(1000)).subarray(0, 20), "the packed file ends too early"],
  ])("are refused: %s", async (what, bytes, why) => {
    const path = join(folder, `${what.replace(" ", "-")}.gz`);
    writeFileSync(path, bytes);
    await expect(all(readText(path))).rejects.toMatchObject({ code: "DATA", message: `${path}: ${why}` });
  });
});

it("a file that announces more than there can be is refused, and nothing of that size allocated", async () => {
  const huge = Uint8Array.of(0, 0, 8, 3, ...big(2), ...big(2 ** 32 - 1), ...big(2 ** 32 - 1), 1, 2, 3);
  await expect(all(idxItems([huge]))).rejects.toThrow(
    /idx: byte 19: the file ends inside item 0 of 2: \d+ bytes are needed, got 3/,
  );
});

it("an item of several pieces is put together", async () => {
  const size = 2 ** 24 + 5;
  const bytes = new Uint8Array(12 + size).fill(7);
  bytes.set([0, 0, 8, 2, ...big(1), ...big(size)]);
  const [item] = await all(idxItems([bytes]));
  expect(item!.values).toHaveLength(size);
  expect(item!.values.at(-1)).toBe(7);
});

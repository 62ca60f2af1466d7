import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  dispose,
  init,
  loadSafetensors,
  loadSafetensorsFile,
  parseSafetensors,
  runtime,
  SequenceClassifier,
  saveSafetensors,
  saveSafetensorsFile,
  scope,
  tensor,
  zeros,
} from "../../ts/index.ts";
import { entry, file } from "./build.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const sizes = { vocabSize: 9, numClasses: 2, dModel: 4, numHeads: 2, numLayers: 2 };

test("a model's state comes back with the same bits", () => {
  const [saved, loaded] = [new SequenceClassifier(sizes), new SequenceClassifier(sizes)];
  loaded.loadStateDict(loadSafetensors(saveSafetensors(saved.stateDict())));
  const bits = (model: SequenceClassifier) => [...model.stateDict()].map(([name, parameter]) => [name, parameter.toArray()]);
  expect(bits(loaded)).toEqual(bits(saved));
});

test("every dtype of ours keeps its values and shape", () => {
  const tensors = {
    float: tensor([[1.5, Number.NaN, Number.NEGATIVE_INFINITY, -0]]),
    int: tensor(Int32Array.of(-(2 ** 31), 2 ** 31 - 1)),
    flag: tensor([true, false, true]),
    scalar: tensor(Float32Array.of(7), []),
    empty: zeros([2, 0]),
  };
  const loaded = loadSafetensors(saveSafetensors(tensors, { metadata: { format: "pt" } }));
  expect(loaded.size).toBe(5);
  for (const [name, saved] of Object.entries(tensors)) {
    expect(loaded.get(name)).toMatchObject({ dtype: saved.dtype, shape: saved.shape });
    expect(loaded.get(name)!.view()).toEqual(saved.view());
  }
});

describe("the bytes are those of the reference writer", () => {
  test("one int32 tensor: a header of 64 bytes", () => {
    const bytes = saveSafetensors({ test: tensor(new Int32Array(4), [2, 2]) });
    const header = '{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}    ';
    expect(bytes).toEqual(file(header, 16));
    expect(header).toHaveLength(64);
  });

  test("metadata first, then the widest dtypes, then by name", () => {
    const tensors = { z: zeros([1]), flag: zeros([1], { dtype: "bool" }), a: zeros([1]), int: zeros([1], { dtype: "int32" }) };
    const bytes = saveSafetensors(tensors, { metadata: { format: "pt" } });
    expect(Buffer.from(bytes.subarray(8, 35)).toString()).toBe('{"__metadata__":{"format":"');
    expect([...parseSafetensors(bytes).tensors.keys()]).toEqual(["a", "z", "int", "flag"]);
    expect(parseSafetensors(bytes).metadata.get("format")).toBe("pt");
  });

  test("the order the tensors are given in does not matter", () => {
    const [a, b] = [zeros([3]), zeros([2])];
    expect(saveSafetensors({ b, a })).toEqual(saveSafetensors({ a, b }));
  });
});

describe("loading converts what is not ours", () => {
  const load = (dtype: string, data: ArrayBufferView) => {
    const offsets = `[0,${data.byteLength}]`;
    const bytes = file(entry({ dtype: `"${dtype}"`, shape: `[2]`, offsets }), data.byteLength);
    bytes.set(new Uint8Array(data.buffer), bytes.length - data.byteLength);
    return loadSafetensors(bytes).get("a")!;
  };

  test("floats of other widths to float32", () => {
    expect(load("F64", Float64Array.of(0.1, -3)).toArray()).toEqual(Float32Array.of(0.1, -3));
    expect(load("F16", Uint16Array.of(0x3e00, 0xc000)).toArray()).toEqual(Float32Array.of(1.5, -2));
    expect(load("BF16", Uint16Array.of(0x3fc0, 0xc000)).toArray()).toEqual(Float32Array.of(1.5, -2));
  });

  test("integers to int32, if they fit", () => {
    expect(load("I64", BigInt64Array.of(-5n, 7n)).toArray()).toEqual(Int32Array.of(-5, 7));
    expect(load("U8", Uint8Array.of(200, 7)).toArray()).toEqual(Int32Array.of(200, 7));
    for (const values of [BigInt64Array.of(2n ** 31n, 0n), BigInt64Array.of(-(2n ** 31n) - 1n, 0n)])
      expect(() => load("I64", values)).toThrow(expect.objectContaining({ code: "RANGE" }));
    expect(() => load("U32", Uint32Array.of(2 ** 31, 0))).toThrow(expect.objectContaining({ code: "RANGE" }));
    expect(() => load("U64", BigUint64Array.of(2n ** 31n, 0n))).toThrow(expect.objectContaining({ code: "RANGE" }));
  });

  test("only the names asked for", () => {
    const bytes = saveSafetensors({ a: zeros([1]), b: zeros([1]) });
    expect([...loadSafetensors(bytes, { names: ["b"] }).keys()]).toEqual(["b"]);
    expect(() => loadSafetensors(bytes, { names: ["c"] })).toThrow(expect.objectContaining({ code: "STATE" }));
  });
});

test("a file that is refused leaves no tensor behind", () => {
  const before = runtime.memory.used;
  const header =
    '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[4,5]}}';
  expect(() => loadSafetensors(file(header, 5))).toThrow(expect.objectContaining({ code: "DTYPE_UNSUPPORTED" }));
  expect(runtime.memory.used).toBe(before);
});

describe("files", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fovea-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("are written whole or not at all, and leave nothing beside them", async () => {
    const path = join(folder, "model.safetensors");
    await writeFile(path, "before");
    const dead = zeros([1]);
    dead.dispose();
    await expect(saveSafetensorsFile(path, { dead })).rejects.toThrow(expect.objectContaining({ code: "DISPOSED" }));
    expect(await readFile(path, "utf8")).toBe("before");
    await saveSafetensorsFile(path, { a: tensor([1, 2]) });
    expect((await loadSafetensorsFile(path)).get("a")!.toNested()).toEqual([1, 2]);
    await expect(saveSafetensorsFile(join(folder, "missing", "x"), {})).rejects.toThrow("ENOENT");
    expect(await readdir(folder)).toEqual(["model.safetensors"]);
  });
});

test("what the format cannot hold is refused", () => {
  scope(() => {
    expect(() => saveSafetensors({ __metadata__: zeros([1]) })).toThrow(expect.objectContaining({ code: "METADATA" }));
    expect(() => saveSafetensors({}, { metadata: { a: 1 as never } })).toThrow(expect.objectContaining({ code: "METADATA" }));
    expect(() => saveSafetensors({}, { metadata: { a: "x".repeat(100_000_000) } })).toThrow(
      expect.objectContaining({ code: "HEADER_TOO_LARGE" }),
    );
  });
});

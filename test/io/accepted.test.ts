import { expect, test } from "vitest";
import { parseSafetensors } from "../../ts/io/safetensors.ts";
import { entry, file } from "./build.ts";

test("an empty header, padded with spaces", () => {
  expect(parseSafetensors(file("{}      ")).tensors.size).toBe(0);
});

test("several empty tensors at one offset, in any order", () => {
  const empty = (name: string, offset: number) => `"${name}":{"dtype":"F32","shape":[3,0],"data_offsets":[${offset},${offset}]}`;
  const header = `{${empty("z", 4)},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},${empty("x", 0)},${empty("y", 0)}}`;
  const { tensors } = parseSafetensors(file(header, 4));
  expect([...tensors.values()].map(({ values }) => values().length)).toEqual([0, 1, 0, 0]);
});

test("floats that start at an odd byte", () => {
  const bytes = file(
    '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[],"data_offsets":[1,5]}}',
    5,
  );
  new DataView(bytes.buffer).setFloat32(bytes.length - 4, 1.5, true);
  const tensors = parseSafetensors(bytes).tensors;
  expect(tensors.get("b")!.values()).toEqual(Float32Array.of(1.5));
});

test("a view into a larger buffer, a Node Buffer and shared memory", () => {
  const bytes = file(entry({}), 8);
  const larger = new Uint8Array(bytes.length + 7);
  larger.set(bytes, 5);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  for (const input of [larger.subarray(5, 5 + bytes.length), Buffer.from(bytes), shared])
    expect(parseSafetensors(input).tensors.get("a")!.values()).toEqual(new Float32Array(2));
});

test("names that mean something to JavaScript are only names", () => {
  const names = ["__proto__", "constructor", "toString", "", "a\u0000b", "../../x", "x".repeat(1_000_000)];
  const header = Object.fromEntries(names.map((name) => [`${name}`, 0]));
  const members = names.map((name) => `${JSON.stringify(name)}:{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`);
  const { tensors } = parseSafetensors(file(`{${members.join(",")}}`));
  expect([...tensors.keys()]).toEqual(names);
  expect(Object.getPrototypeOf(header)).toBe(Object.prototype);
});

test("a dtype we do not read is only refused when it is read", () => {
  const { tensors } = parseSafetensors(file(entry({ dtype: '"F8_E4M3"', shape: "[8]" }), 8));
  expect(tensors.get("a")!.shape).toEqual([8]);
  expect(() => tensors.get("a")!.values()).toThrow(expect.objectContaining({ code: "DTYPE_UNSUPPORTED" }));
});

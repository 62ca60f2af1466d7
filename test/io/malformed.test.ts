import { describe, expect, test } from "vitest";
import { parseSafetensors } from "../../ts/io/safetensors.ts";
import { entry, file } from "./build.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
const F32 = (offsets: string, name = "a") => `"${name}":{"dtype":"F32","shape":[1],"data_offsets":${offsets}}`;
const U8 = (shape: string, offsets: string, name: string) =>
  `"${name}":{"dtype":"U8","shape":${shape},"data_offsets":${offsets}}`;
const field = (text: string) => `{"a":{${text}}}`;

const refused: Record<string, [what: string, bytes: Uint8Array][]> = {
  HEADER_TOO_SHORT: [
    ["0 bytes", bytes()],
    ["1 byte", bytes(2)],
    ["7 bytes", new Uint8Array(7)],
    ["a header of 0 bytes", file("")],
  ],
  HEADER_TRUNCATED: [
    ["8 bytes that announce 2", file("", 0, 2n)],
    ["1000 announced, 92 there", file("{}", 90, 1000n)],
    ["one more announced than there are", file("{}", 0, 3n)],
  ],
  HEADER_TOO_LARGE: [
    ["just above the limit", file("{}", 0, 100_000_001n)],
    ["2^31", file("{}", 0, 2n ** 31n)],
    ["2^32 + 5, 5 in 32 bits", file("{}", 0, 2n ** 32n + 5n)],
    ["2^63", file("{}", 0, 2n ** 63n)],
    ["2^64 − 1", file("{}", 0, 2n ** 64n - 1n)],
  ],
  HEADER_UTF8: [
    ["a byte 0xff", file(bytes(0x7b, 0xff, 0x7d))],
    ["an overlong encoding", file(bytes(0x7b, 0xc0, 0xaf, 0x7d))],
    ["half a surrogate pair", file(bytes(0x7b, 0xed, 0xa0, 0x80, 0x7d))],
    ["a byte order mark", file("\uFEFF{}")],
  ],
  HEADER_JSON: [
    ["not closed", file("{ ")],
    ["a comma too many", file(`{${F32("[0,4]")},}`, 4)],
    ["a comment", file("{/* */}")],
    ["NaN", file(entry({ shape: "[NaN]" }), 8)],
    ["Infinity", file(entry({ shape: "Infinity" }), 8)],
    ["an array", file("[]")],
    ["null", file("null")],
    ["a string", file('"x"')],
    ["white space first", file(" {}")],
    ["bytes after the brace", file("{}{}")],
    ["a digit after a leading 0", file(entry({ shape: "[02]" }), 8)],
    ["an unknown escape", file('{"\\x":1}')],
    ["an escaped half of a surrogate pair", file('{"\\ud800":1}')],
    ["a control character in a name", file('{"\n":1}')],
    ["100,000 nested arrays", file("[".repeat(100_000))],
    ["100,000 nested arrays in an entry", file(entry({ shape: "[".repeat(100_000) }))],
  ],
  DUPLICATE_KEY: [
    ["a name twice, different ranges", file(`{${F32("[0,4]")},${F32("[4,8]")}}`, 8)],
    ["a name twice, identical", file(`{${F32("[0,4]")},${F32("[0,4]")}}`, 4)],
    ["a name and the same escaped", file(`{${F32("[0,4]")},${F32("[4,8]", "\\u0061")}}`, 8)],
    ["a field twice", file(entry({ more: ',"dtype":"F32"' }), 8)],
    ["__metadata__ twice", file('{"__metadata__":{},"__metadata__":{}}')],
    ["a key of __metadata__ twice", file('{"__metadata__":{"a":"1","a":"2"}}')],
  ],
  METADATA: [
    ["a string", file('{"__metadata__":"x"}')],
    ["an array", file('{"__metadata__":[]}')],
    ["null", file('{"__metadata__":null}')],
    ["a number in it", file('{"__metadata__":{"a":1}}')],
    ["null in it", file('{"__metadata__":{"a":null}}')],
    ["an object in it", file('{"__metadata__":{"a":{}}}')],
  ],
  TENSOR_FIELD: [
    ["no dtype", file(field('"shape":[2],"data_offsets":[0,8]'), 8)],
    ["no shape", file(field('"dtype":"F32","data_offsets":[0,8]'), 8)],
    ["no data_offsets", file(field('"dtype":"F32","shape":[2]'), 8)],
    ["not an object", file('{"a":[0,8]}', 8)],
    ["an unknown field", file(entry({ more: ',"strides":[1]' }), 8)],
  ],
  DTYPE_UNKNOWN: [
    ["lower case", file(entry({ dtype: '"f32"' }), 8)],
    ["F33", file(entry({ dtype: '"F33"' }), 8)],
    ["a number", file(entry({ dtype: "32" }), 8)],
    ["a property of every object", file(entry({ dtype: '"constructor"' }), 8)],
  ],
  SHAPE: [
    ["a number", file(entry({ shape: "2" }), 8)],
    ...["-1", "1.5", "1e3", '"2"', "true", "null", "9007199254740993", "18446744073709551616"].map(
      (dim): [string, Uint8Array] => [`holds ${dim}`, file(entry({ shape: `[${dim}]` }), 8)],
    ),
    ["a million dimensions", file(entry({ shape: `[${"1,".repeat(999_999)}1]` }), 8)],
    ["a dimension of a million digits", file(entry({ shape: `[${"9".repeat(1_000_000)}]` }), 8)],
  ],
  SIZE_OVERFLOW: [
    ["wraps to 0 in 64 bits, times 4", file(entry({ shape: "[2,18446744073709551614]" }), 8)],
    ["its bytes wrap in 64 bits", file(entry({ shape: "[2,9223372036854775807]" }), 8)],
    ["wraps to 0 in 32 bits", file(entry({ shape: "[65536,65536]", offsets: "[0,0]" }))],
    ["one dimension of 2^32", file(entry({ shape: "[4294967296]", offsets: "[0,0]" }))],
    ["overflows before the 0", file(entry({ shape: "[9223372036854775808,4,0]", offsets: "[0,0]" }))],
  ],
  OFFSETS: [
    ...["[0]", "[0,4,8]", "[-4,4]", "[0.5,8.5]", "[8,0]", "[0,9007199254740993]", "8", '["0","8"]'].map(
      (offsets): [string, Uint8Array] => [offsets, file(entry({ offsets }), 8)],
    ),
  ],
  SIZE_MISMATCH: [
    ["too few bytes", file(entry({ offsets: "[0,4]" }), 4)],
    ["too many bytes", file(entry({ offsets: "[0,12]" }), 12)],
  ],
  DATA_TRUNCATED: [
    ["one byte missing", file(entry({}), 7)],
    ["no data at all", file(entry({}), 0)],
  ],
  NOT_CONTIGUOUS: [
    ["a hole before the first", file(`{${F32("[4,8]")}}`, 8)],
    ["a hole between two", file(`{${F32("[0,4]")},${F32("[8,12]", "b")}}`, 12)],
    ["bytes after the last", file(entry({}), 9)],
    ["two tensors on one range", file(`{${F32("[0,4]")},${F32("[0,4]", "b")}}`, 4)],
    ["a partial overlap", file(`{${F32("[0,4]")},${F32("[2,6]", "b")}}`, 6)],
    ["bytes without a tensor", file("{}", 1)],
    ["an empty tensor inside another", file(`{${F32("[0,4]")},${U8("[0]", "[2,2]", "b")}}`, 4)],
  ],
  MISALIGNED: [["an odd count of 4-bit numbers", file(entry({ dtype: '"F4"', shape: "[3]", offsets: "[0,1]" }), 1)]],
};

for (const [code, files] of Object.entries(refused))
  describe(code, () => {
    test.each(files)("%s", (_, bytes) => {
      expect(() => parseSafetensors(bytes)).toThrow(expect.objectContaining({ code }));
    });
  });

test("a million entries on one range are refused at the first overlap", () => {
  const entries = Array.from({ length: 1_000_000 }, (_, i) => U8("[16]", "[0,16]", String(i)));
  expect(() => parseSafetensors(file(`{${entries.join(",")}}`, 16))).toThrow(expect.objectContaining({ code: "NOT_CONTIGUOUS" }));
});

test("every cut of a good file is refused", () => {
  const good = file(`{"__metadata__":{"a":"1"},${F32("[0,4]")},${F32("[4,8]", "b")}}`, 8);
  parseSafetensors(good);
  for (let length = 0; length < good.length; length += 1)
    expect(() => parseSafetensors(good.slice(0, length)), `${length} bytes`).toThrow();
});

import { csvRows, jsonlRows, lines, tsvRows } from "fovea/data";
import { describe, expect, it } from "vitest";

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const row of rows) list.push(row);
  return list;
}

/** The same text whole, and a character at a time: no reader may depend on where a piece ends. */
const pieces = (text: string): [string, string[]][] => [
  ["whole", [text]],
  ["a character at a time", [...text]],
];

const fields = async (text: Iterable<string>): Promise<(readonly string[])[]> =>
  (await all(csvRows(text))).map((row) => row.fields);

describe("lines", () => {
  for (const [how, chunks] of pieces("one\ntwo\r\n\nfour\r\nfive"))
    it(`takes both line ends, blank lines and a last line without an end, ${how}`, async () => {
      expect(await all(lines(chunks))).toEqual(["one", "two", "", "four", "five"].map((text, i) => ({ line: i + 1, text })));
    });

  it("has nothing to say of nothing", async () => {
    expect(await all(lines([]))).toEqual([]);
    expect(await all(lines(["", ""]))).toEqual([]);
  });
});

describe("tsvRows", () => {
  it("splits at tabs, quotes meaning nothing, and skips blank lines", async () => {
    expect(await all(tsvRows(['a "b\t1\r\n', "\n\t2\n"]))).toEqual([
      { line: 1, fields: ['a "b', "1"] },
      { line: 3, fields: ["", "2"] },
    ]);
  });
});

describe("csvRows", () => {
  const text = 'text,label\r\n"a, b",1\n"say ""no""\r\nor yes",0\n,\n\n"",\n""\nlast,2';
  for (const [how, chunks] of pieces(text))
    it(`reads commas, quotes and line ends in quotes, ${how}`, async () => {
      expect(await all(csvRows(chunks))).toEqual([
        { line: 1, fields: ["text", "label"] },
        { line: 2, fields: ["a, b", "1"] },
        { line: 3, fields: ['say "no"\r\nor yes', "0"] },
        { line: 5, fields: ["", ""] },
        { line: 7, fields: ["", ""] },
        { line: 8, fields: [""] },
        { line: 9, fields: ["last", "2"] },
      ]);
    });

  it("needs no line end after the last row, quoted or not", async () => {
    expect(await fields(['a,"b"'])).toEqual([["a", "b"]]);
    expect(await fields(['a,"b"\r\n'])).toEqual([["a", "b"]]);
    expect(await fields(["a,"])).toEqual([["a", ""]]);
  });

  it("takes another separator", async () => {
    expect(await all(csvRows(['a;"b;c"'], { separator: ";" }))).toEqual([{ line: 1, fields: ["a", "b;c"] }]);
    await expect(all(csvRows(["a"], { separator: '"' }))).rejects.toMatchObject({ code: "RANGE" });
  });

  it.each([
    ['a\nb,"open\nstill', "dev.csv:2: a quote opens here and is never closed"],
    [
      'a\n5" nails,1',
      "dev.csv:2: a quote stands inside a field without quotes; put the field in quotes and write the quote twice",
    ],
    ['"a" b,1', 'dev.csv:1: " " follows a closing quote, where the field must end'],
    ['"x\ny"z', 'dev.csv:2: "z" follows a closing quote, where the field must end'],
  ])("refuses %j", async (bad, message) => {
    await expect(all(csvRows([bad], { name: "dev.csv" }))).rejects.toMatchObject({ code: "DATA", message });
  });
});

describe("jsonlRows", () => {
  it("reads an object a line and skips blank lines", async () => {
    expect(await all(jsonlRows(['{"a":1}\r\n', ' \n{"b":"\\n"}']))).toEqual([
      { line: 1, value: { a: 1 } },
      { line: 3, value: { b: "\n" } },
    ]);
  });

  it.each([
    ['{"a":1}\n{"a":', /^x\.jsonl:2: this line is not JSON \(.+\)$/],
    ["[1]", /^x\.jsonl:1: each line must be a JSON object, got an array$/],
    ["7", /^x\.jsonl:1: each line must be a JSON object, got 7$/],
    ["null", /^x\.jsonl:1: each line must be a JSON object, got null$/],
  ])("refuses %j", async (bad, message) => {
    await expect(all(jsonlRows([bad], { name: "x.jsonl" }))).rejects.toMatchObject({
      code: "DATA",
      message: expect.stringMatching(message),
    });
  });
});

describe("bytes", () => {
  const text = 'text,label\n"ü 😀, b",1\né,0\n';
  const bytes = new TextEncoder().encode(`\uFEFF${text}`);
  const oneByOne = Array.from(bytes, (byte) => Uint8Array.of(byte));

  it.each([
    ["whole", [bytes]],
    ["one by one", oneByOne],
    ["of a Response", new Response(bytes).body as AsyncIterable<Uint8Array>],
    ["decoded, with the mark that stands before them", [`\uFEFF${text}`]],
  ] as const)("are read as text: %s", async (_, chunks) => {
    expect(await all(csvRows(chunks))).toEqual(await all(csvRows([text])));
  });

  it("that are not UTF-8 are told by their line, wherever the pieces end", async () => {
    const wrong = Uint8Array.of(...new TextEncoder().encode("a\té\nü\tb\n"), 0x63, 0xe9, 0x09, 0x78, 0x0a);
    for (const chunks of [[wrong], Array.from(wrong, (byte) => Uint8Array.of(byte)), [wrong.subarray(0, 7), wrong.subarray(7)]])
      await expect(all(tsvRows(chunks, { name: "a.tsv" }))).rejects.toThrow("a.tsv:3: the file is not UTF-8 text");
    await expect(all(tsvRows([wrong.subarray(0, 4)], { name: "a.tsv" }))).resolves.toHaveLength(1);
    await expect(all(tsvRows([wrong.subarray(0, 3)], { name: "a.tsv" }))).rejects.toThrow("a.tsv:1: the file is not UTF-8 text");
  });

  it("and what is neither text nor bytes is refused", async () => {
    await expect(all(lines([5] as unknown as string[]))).rejects.toThrow("text: text must come as strings or bytes, got number");
  });
});

it("a line of many pieces costs no more than its length", async () => {
  const chunks = new Array<string>(20_000).fill("x".repeat(1000)); // 20 MB: to look at all of it for each piece would take minutes
  expect((await all(lines(chunks)))[0]!.text).toHaveLength(20_000_000);
});

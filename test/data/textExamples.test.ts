import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type ReadOptions, readTextExamples, type TextExample } from "fovea/data";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "fovea-data-"));
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;

/** Reads a file of that content; the path is cut from the message of what is thrown. */
async function read(name: string, content: string | Uint8Array, options: ReadOptions = {}): Promise<TextExample[]> {
  made += 1;
  const path = join(folder, `${made}-${name}`);
  writeFileSync(path, content);
  return readTextExamples(path, options).catch((error: Error) => {
    error.message = error.message.replaceAll(path, name);
    throw error;
  });
}

const good = { text: "good", label: "1" };
const poor = { text: "poor", label: "0" };

describe("readTextExamples", () => {
  it.each<[what: string, name: string, content: string | Uint8Array, options?: ReadOptions]>([
    ["TSV without a header", "a.tsv", "good\t1\npoor\t0\n"],
    ["TSV with one, found by its usual names", "a.tsv", "Sentence\tlabel\ngood\t1\npoor\t0\n"],
    ["the label first", "a.tsv", "label\tphrase\n1\tgood\n0\tpoor\n"],
    ["a byte order mark and Windows line ends", "a.txt", "\uFEFFtext\tlabel\r\ngood\t1\r\npoor\t0\r\n"],
    ["quoted CSV", "a.csv", 'label,text\n"1","good"\n0,poor\n'],
    ["columns by name", "a.csv", "id,what,kind\n7,good,1\n8,poor,0\n", { textColumn: "what", labelColumn: "kind" }],
    ["columns by index", "a.csv", "7,good,1\n8,poor,0\n", { textColumn: 1, labelColumn: 2 }],
    ["the label's index alone", "a.tsv", "1\tgood\n0\tpoor\n", { labelColumn: 0 }],
    ["a header with no usual name, announced", "a.tsv", "a\tb\ngood\t1\npoor\t0\n", { header: true }],
    ["a packed file, by the name before .gz", "a.tsv.gz", gzipSync("good\t1\npoor\t0\n")],
    ["JSON lines", "a.jsonl", '{"label":1,"text":"good"}\n\n{"text":"poor","label":"0","id":3}\n'],
    ["JSON lines by name", "a.ndjson", '{"y":1,"x":"good"}\n{"y":0,"x":"poor"}', { textColumn: "x", labelColumn: "y" }],
    ["a format other than the name says", "a.data", "good,1\npoor,0", { format: "csv" }],
    ["blanks around text and label", "a.tsv", " good \t 1\npoor\t0 "],
  ])("reads %s", async (_, name, content, options) => {
    expect(await read(name, content, options)).toMatchObject([good, poor]);
  });

  it("says where each example starts", async () => {
    expect((await read("a.csv", 'text,label\n"one\ntwo",1\nthree,0')).map(({ line }) => line)).toEqual([2, 4]);
  });

  it("reads text that is split anywhere, also inside a character", async () => {
    const long = "é€😀".repeat(40_000); // several pieces of the stream's 64 KiB
    expect(await read("a.tsv", `${long}\t1\n`)).toEqual([{ text: long, label: "1", line: 1 }]);
  });

  it.each<[what: string, name: string, content: string | Uint8Array, message: string, options?: ReadOptions]>([
    ["an empty file", "a.tsv", "", "a.tsv: there are no examples in this file"],
    ["a header alone", "a.csv", "text,label\n", "a.csv: there are no examples in this file"],
    ["one column", "a.tsv", "good 1\n", "a.tsv:1: a text and a label are needed, but there is only one column"],
    [
      "a column that is not there",
      "a.csv",
      "text,label\ngood,1\n",
      'a.csv:1: there is no column "review"; the columns are "text", "label"',
      { textColumn: "review" },
    ],
    [
      "an index too large",
      "a.tsv",
      "good\t1\n",
      "a.tsv:1: there is no column 2; there are 2, counted from 0",
      { labelColumn: 2 },
    ],
    [
      "three columns without names",
      "a.tsv",
      "7\tgood\t1\n",
      "a.tsv:1: which column is the text? Say so; there are 3, without names",
    ],
    [
      "no usual name for the text",
      "a.csv",
      "id,phrase,label\n",
      'a.csv:1: which column is the text? Say so; the columns are "id", "phrase", "label"',
    ],
    [
      "one column for both",
      "a.tsv",
      "good\t1\n",
      "a.tsv:1: text and label must be two columns, got 1 for both",
      { textColumn: 1, labelColumn: 1 },
    ],
    ["a short row", "a.tsv", "good\t1\n\npoor\n", "a.tsv:3: 2 fields are expected as in the first line, got 1"],
    ["a long row", "a.csv", "text,label\ngood, really,1\n", "a.csv:2: 2 fields are expected as in the first line, got 3"],
    ["an empty text", "a.tsv", "good\t1\n \t0\n", "a.tsv:2: the text is empty; fill it in or remove the line"],
    ["an empty label", "a.csv", "good,1\npoor,\n", "a.csv:2: the label is empty; fill it in or remove the line"],
    [
      "JSON without the column",
      "a.jsonl",
      '{"text":"a","label":1}\n{"text":"b"}',
      'a.jsonl:2: "label" must be a text or a number, got nothing',
    ],
    ["JSON whose text is none", "a.jsonl", '{"text":["a"],"label":1}', 'a.jsonl:1: "text" must be a text, got ["a"]'],
    ["another encoding", "a.tsv", Uint8Array.of(0x67, 0xf6, 0x64, 0x09, 0x31), "a.tsv:1: the file is not UTF-8 text"],
    [
      "a name that tells no format",
      "a.parquet",
      "PAR1",
      "a.parquet: the name must end in .tsv, .csv or .jsonl, or the format be given",
    ],
  ])("refuses %s", async (_, name, content, message, options) => {
    await expect(read(name, content, options)).rejects.toMatchObject({ name: "FoveaError", code: "DATA", message });
  });

  it("refuses what is no file", async () => {
    const missing = join(folder, "missing.tsv");
    await expect(readTextExamples(missing)).rejects.toMatchObject({ code: "DATA", message: `${missing}: there is no such file` });
    await expect(readTextExamples(folder, { format: "tsv" })).rejects.toMatchObject({
      code: "DATA",
      message: `${folder}: this is a folder; a file is needed`,
    });
  });
});

it("refuses a format that is none", async () => {
  await expect(read("a.tsv", "good\t1\n", { format: "xml" as "tsv" })).rejects.toThrow(
    "textExamples: format must be tsv, csv or jsonl, got xml",
  );
});

import { FoveaError } from "../runtime/errors.ts";
import { type ColumnOptions, type Columns, pickColumns } from "./columns.ts";
import { csvRows } from "./csv.ts";
import type { TextChunks } from "./decodedText.ts";
import { jsonlRows } from "./jsonl.ts";
import { readText } from "./readText.ts";
import type { SourceName, TableRow } from "./table.ts";
import { tsvRows } from "./tsv.ts";

export type TextFormat = "tsv" | "csv" | "jsonl";

/** A text and its label as they stand in the file. */
export interface TextExample {
  readonly text: string;
  readonly label: string;
  /** The line of the file that it starts on, from 1. */
  readonly line: number;
}

export interface ReadOptions extends ColumnOptions {
  /** Left out: as the file's name ends, before a `.gz`. */
  format?: TextFormat | undefined;
}

const ENDINGS: Readonly<Record<string, TextFormat>> = {
  tsv: "tsv",
  tab: "tsv",
  txt: "tsv",
  csv: "csv",
  jsonl: "jsonl",
  ndjson: "jsonl",
};

/**
 * The examples of a TSV, CSV or JSONL file (Node). Throws `DATA`, naming file and line, for a file that cannot be read, a column that
 * is not there, a row that does not fit, an empty text or label, and a file without examples.
 */
export async function readTextExamples(path: string, options: ReadOptions = {}): Promise<TextExample[]> {
  const format = options.format ?? ENDINGS[/\.(\w+?)(\.gz)?$/.exec(path)?.[1]?.toLowerCase() ?? ""];
  if (format === undefined)
    throw new FoveaError("DATA", `${path}: the name must end in .tsv, .csv or .jsonl, or the format be given`);
  const examples: TextExample[] = [];
  for await (const example of textExamples(readText(path), { ...options, format, name: path })) examples.push(example);
  if (examples.length === 0) throw new FoveaError("DATA", `${path}: there are no examples in this file`);
  return examples;
}

/** The examples of a text, one by one as it arrives; an empty one has none. Throws `DATA` as `readTextExamples` does. */
export function textExamples(
  chunks: TextChunks,
  options: ReadOptions & SourceName & { format: TextFormat },
): AsyncGenerator<TextExample, void, undefined> {
  const { format, name = format } = options;
  if (format === "jsonl") return fromObjects(chunks, options, name);
  if (format === "csv") return fromTable(csvRows(chunks, { name }), options, name);
  if (format === "tsv") return fromTable(tsvRows(chunks, { name }), options, name);
  throw new FoveaError("RANGE", `textExamples: format must be tsv, csv or jsonl, got ${format}`);
}

async function* fromTable(
  rows: AsyncIterable<TableRow>,
  options: ColumnOptions,
  name: string,
): AsyncGenerator<TextExample, void, undefined> {
  let columns: Columns | null = null;
  for await (const row of rows) {
    if (columns === null) {
      columns = pickColumns(row, options, name);
      if (columns.header) continue;
    }
    const { line, fields } = row;
    if (fields.length !== columns.count)
      throw new FoveaError(
        "DATA",
        `${name}:${line}: ${columns.count} fields are expected as in the first line, got ${fields.length}`,
      );
    yield complete(fields[columns.text]!, fields[columns.label]!, line, name);
  }
}

async function* fromObjects(
  chunks: TextChunks,
  { textColumn, labelColumn }: ColumnOptions,
  name: string,
): AsyncGenerator<TextExample, void, undefined> {
  let keys: readonly [text: string, label: string] | null = null;
  for await (const { line, value } of jsonlRows(chunks, { name })) {
    if (keys === null) {
      const fields = Object.keys(value);
      const columns = pickColumns({ line, fields }, { textColumn, labelColumn, header: true }, name);
      keys = [fields[columns.text]!, fields[columns.label]!];
    }
    const [text, label] = keys.map((key) => value[key]);
    const where = `${name}:${line}`;
    if (typeof text !== "string")
      throw new FoveaError("DATA", `${where}: ${JSON.stringify(keys[0])} must be a text, got ${show(text)}`);
    if (typeof label !== "string" && typeof label !== "number" && typeof label !== "boolean")
      throw new FoveaError("DATA", `${where}: ${JSON.stringify(keys[1])} must be a text or a number, got ${show(label)}`);
    yield complete(text, String(label), line, name);
  }
}

function complete(text: string, label: string, line: number, name: string): TextExample {
  const example = { text: text.trim(), label: label.trim(), line };
  for (const what of ["text", "label"] as const)
    if (example[what] === "")
      throw new FoveaError("DATA", `${name}:${line}: the ${what} is empty; fill it in or remove the line`);
  return example;
}

const show = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));

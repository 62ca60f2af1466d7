import type { TextChunks } from "./decodedText.ts";
import { lines } from "./lines.ts";
import type { SourceName, TableRow } from "./table.ts";

/** Rows of tab-separated text: a line is a row, a tab ends a field, and no character is special. Blank lines are left out. */
export async function* tsvRows(chunks: TextChunks, { name = "tsv" }: SourceName = {}): AsyncGenerator<TableRow, void, undefined> {
  for await (const { line, text } of lines(chunks, name)) if (text !== "") yield { line, fields: text.split("\t") };
}

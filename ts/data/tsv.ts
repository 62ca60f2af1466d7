import { lines } from "./lines.ts";
import type { TextChunks } from "./readText.ts";
import type { TableRow } from "./table.ts";

/** Rows of tab-separated text: a line is a row, a tab ends a field, and no character is special. Blank lines are left out. */
export async function* tsvRows(chunks: TextChunks): AsyncGenerator<TableRow, void, undefined> {
  for await (const { line, text } of lines(chunks)) if (text !== "") yield { line, fields: text.split("\t") };
}

import { FoveaError } from "../runtime/errors.ts";
import type { TextChunks } from "./decodedText.ts";
import { lines } from "./lines.ts";
import type { SourceName } from "./table.ts";

export interface JsonlRow {
  /** Counted from 1. */
  readonly line: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The objects of JSON lines, one a line; blank lines are left out. Throws `DATA`, naming the line, for anything else. */
export async function* jsonlRows(
  chunks: TextChunks,
  { name = "jsonl" }: SourceName = {},
): AsyncGenerator<JsonlRow, void, undefined> {
  for await (const { line, text } of lines(chunks, name))
    if (text.trim() !== "") yield { line, value: parseObject(text, `${name}:${line}`) };
}

function parseObject(text: string, where: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FoveaError("DATA", `${where}: this line is not JSON (${(error as Error).message})`, { cause: error });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw new FoveaError(
    "DATA",
    `${where}: each line must be a JSON object, got ${Array.isArray(value) ? "an array" : JSON.stringify(value)}`,
  );
}

import type { TextChunks } from "./readText.ts";

export interface Line {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** Lines that end in `\n` or `\r\n`; the last needs no end. */
export async function* lines(chunks: TextChunks): AsyncGenerator<Line, void, undefined> {
  let line = 0;
  let rest = "";
  for await (const chunk of chunks) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!;
    for (const part of parts) yield { line: ++line, text: withoutReturn(part) };
  }
  if (rest !== "") yield { line: ++line, text: withoutReturn(rest) };
}

const withoutReturn = (text: string): string => (text.endsWith("\r") ? text.slice(0, -1) : text);

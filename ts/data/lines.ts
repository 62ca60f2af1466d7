import { decodedText, type TextChunks } from "./decodedText.ts";

export interface Line {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** Lines that end in `\n` or `\r\n`; the last needs no end. `name` is what errors call the text. */
export async function* lines(chunks: TextChunks, name = "text"): AsyncGenerator<Line, void, undefined> {
  let line = 0;
  let rest = "";
  for await (const chunk of decodedText(chunks, name)) {
    let start = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", start)) {
      yield { line: ++line, text: withoutReturn(rest + chunk.slice(start, end)) };
      rest = "";
      start = end + 1;
    }
    rest += chunk.slice(start);
  }
  if (rest !== "") yield { line: ++line, text: withoutReturn(rest) };
}

const withoutReturn = (text: string): string => (text.endsWith("\r") ? text.slice(0, -1) : text);

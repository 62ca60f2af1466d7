import { type PatternJson, unsupported } from "./tokenizerJson.ts";

/** A pattern of the file. Throws `UNSUPPORTED` where JavaScript does not know its syntax. */
export function regexOf(pattern: PatternJson): RegExp {
  if ("String" in pattern) return new RegExp(escaped(pattern.String), "gu");
  try {
    return new RegExp(pattern.Regex, "gu");
  } catch {
    throw unsupported("this pattern", pattern);
  }
}

/** What matches `text` and nothing else. */
export function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

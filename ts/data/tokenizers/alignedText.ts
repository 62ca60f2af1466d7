import type { Span } from "./encoding.ts";

/**
 * A text and, for each of its UTF-16 units, the code points `[starts, ends)` of the original that it came from. `spans` is null where nobody asks
 * for offsets: then only the text is worked on.
 */
export interface AlignedText {
  readonly text: string;
  readonly spans: Spans | null;
}

export interface Spans {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** A part of a text, from UTF-16 unit `start` to `end`. */
export function slice({ text, spans }: AlignedText, start: number, end: number): AlignedText {
  return {
    text: text.slice(start, end),
    spans: spans && { starts: spans.starts.slice(start, end), ends: spans.ends.slice(start, end) },
  };
}

/** What units `[start, end)` came from. */
export function spanOf({ starts, ends }: Spans, start: number, end: number): Span {
  return [starts[start]!, ends[end - 1]!];
}

/** A character with the marks on it; the vowels and finals of a Hangul syllable count as marks. */
const CLUSTER = /[\s\S][\p{M}\u1160-\u11ff]*/gu;

/**
 * Rewrites a text that starts at code point `first` of the original. `rewrite` must treat each cluster by itself. A character that gives several
 * passes its span to all; marks that melt into their base give theirs to the whole.
 */
export function align(text: string, first: number, rewrite: (text: string) => string): AlignedText {
  const starts: number[] = [];
  const ends: number[] = [];
  let result = "";
  let at = first;
  const append = (units: string, length: number): void => {
    for (let i = 0; i < units.length; i += 1) {
      starts.push(at);
      ends.push(at + length);
    }
    result += units;
    at += length;
  };
  for (const [cluster] of text.matchAll(CLUSTER)) {
    const characters = [...cluster];
    const each = characters.map(rewrite);
    const whole = rewrite(cluster);
    if (each.join("") === whole) for (const units of each) append(units, 1);
    else append(whole, characters.length);
  }
  return { text: result, spans: { starts, ends } };
}

export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

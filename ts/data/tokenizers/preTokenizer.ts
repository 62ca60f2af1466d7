import { type AlignedText, slice } from "./alignedText.ts";
import { toBytes } from "./byteLevel.ts";
import { regexOf } from "./patterns.ts";
import { type PreTokenizerJson, unsupported } from "./tokenizerJson.ts";

/** Splits a text into the pieces that the model sees one by one. */
export type PreTokenizer = (text: AlignedText) => AlignedText[];

export function preTokenizer(json: PreTokenizerJson | null): PreTokenizer {
  switch (json?.type) {
    case undefined:
      return (text) => [text];
    case "ByteLevel":
      return byteLevel(json.add_prefix_space, json.use_regex);
    case "BertPreTokenizer":
      return (text) => matches(text, BERT_WORD);
    case "Split": {
      const pattern = regexOf(json.pattern);
      if (json.invert && json.behavior === "Removed") return (text) => matches(text, pattern);
      if (!json.invert && json.behavior === "Isolated") return (text) => isolated(text, pattern);
      throw unsupported("this way of splitting", json);
    }
    default:
      throw unsupported("this pre-tokenizer", json);
  }
}

/** A sign by itself, or a run of what is neither sign nor space. */
const BERT_WORD = /[!-/:-@[-`{-~\p{P}]|[^!-/:-@[-`{-~\p{P}\p{White_Space}]+/gu;

/** GPT-2's: clitics, words, numbers and runs of signs, each with the space before it; the last space of a run belongs to what follows. */
const GPT2_WORD =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

function byteLevel(addPrefixSpace: boolean, useRegex: boolean): PreTokenizer {
  return (text) => {
    const spaced = addPrefixSpace ? withPrefixSpace(text) : text;
    const pieces = useRegex ? matches(spaced, GPT2_WORD) : [spaced];
    return pieces.map(toBytes);
  };
}

/** The space has the span of the character it is put before. */
function withPrefixSpace({ text, spans }: AlignedText): AlignedText {
  if (text === "" || text.startsWith(" ")) return { text, spans };
  return {
    text: ` ${text}`,
    spans: spans && { starts: [spans.starts[0]!, ...spans.starts], ends: [spans.ends[0]!, ...spans.ends] },
  };
}

/** Whatever matches; the rest is dropped. */
function matches(text: AlignedText, pattern: RegExp): AlignedText[] {
  if (text.spans === null) return (text.text.match(pattern) ?? []).map((piece) => ({ text: piece, spans: null }));
  return Array.from(text.text.matchAll(pattern), ({ 0: piece, index }) => slice(text, index, index + piece.length));
}

/** Whatever matches and whatever lies between. */
function isolated(text: AlignedText, pattern: RegExp): AlignedText[] {
  const pieces: AlignedText[] = [];
  let last = 0;
  const until = (end: number): void => {
    if (end > last) pieces.push(slice(text, last, end));
    last = end;
  };
  for (const { 0: piece, index } of text.text.matchAll(pattern)) {
    until(index);
    until(index + piece.length);
  }
  until(text.text.length);
  return pieces;
}

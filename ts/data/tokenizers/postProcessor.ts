import { FoveaError } from "../../runtime/errors.ts";
import { SPACE_CHARACTER } from "./byteLevel.ts";
import type { Encoding, Span } from "./encoding.ts";
import { type PostProcessorJson, type TemplateJson, unsupported } from "./tokenizerJson.ts";

/** The tokens of one text, nothing added. */
export type TextTokens = Pick<Encoding, "ids" | "tokens" | "offsets">;

/** Joins the tokens of one text or two, and puts special tokens around them if `addSpecial`. */
export type PostProcessor = (first: TextTokens, second: TextTokens | null, addSpecial: boolean) => Encoding;

export function postProcessor(json: PostProcessorJson | null): PostProcessor {
  switch (json?.type) {
    case undefined:
      return (first, second) => joined(first, second);
    case "ByteLevel":
      return (first, second) => {
        if (!json.trim_offsets) return joined(first, second);
        const trim = (text: TextTokens): TextTokens => ({ ...text, offsets: trimmed(text, json.add_prefix_space) });
        return joined(trim(first), second && trim(second));
      };
    case "TemplateProcessing":
      return (first, second, addSpecial) => (addSpecial ? filled(json, first, second) : joined(first, second));
    default:
      throw unsupported("this post-processor", json);
  }
}

function joined(first: TextTokens, second: TextTokens | null): Encoding {
  const encoding: Encoding = { ids: [], tokens: [], offsets: [], typeIds: [] };
  append(encoding, first, 0);
  if (second) append(encoding, second, 1);
  return encoding;
}

function filled({ single, pair, special_tokens }: TemplateJson, first: TextTokens, second: TextTokens | null): Encoding {
  const encoding: Encoding = { ids: [], tokens: [], offsets: [], typeIds: [] };
  for (const piece of second ? pair : single) {
    if ("Sequence" in piece) {
      const { id, type_id } = piece.Sequence;
      const text = id === "A" ? first : second;
      if (text) append(encoding, text, type_id);
      continue;
    }
    const { id, type_id } = piece.SpecialToken;
    const special = special_tokens[id];
    if (!special) throw new FoveaError("DATA", `Tokenizer: the template must name special tokens that the file has, got ${id}`);
    const { ids, tokens } = special;
    append(encoding, { ids: [...ids], tokens: [...tokens], offsets: ids.map((): Span => [0, 0]) }, type_id);
  }
  return encoding;
}

function append(to: Encoding, { ids, tokens, offsets }: TextTokens, typeId: number): void {
  for (const [i, id] of ids.entries()) {
    to.ids.push(id);
    to.tokens.push(tokens[i]!);
    to.offsets.push(offsets[i]!);
    to.typeIds.push(typeId);
  }
}

/** Offsets without the spaces that a token begins or ends with; the space put before a text has none to cut. */
function trimmed({ tokens, offsets }: TextTokens, addPrefixSpace: boolean): Span[] {
  return tokens.map((token, i) => {
    let [start, end] = offsets[i]!;
    const isFirst = i === 0 || start === 0;
    const leading = isFirst && addPrefixSpace ? 0 : spaces([...token]);
    const trailing = spaces([...token].reverse());
    start = Math.min(start + leading, end);
    if (end >= trailing) end = Math.max(end - trailing, start);
    return [start, end];
  });
}

function spaces(characters: readonly string[]): number {
  const other = characters.findIndex((character) => character !== SPACE_CHARACTER && !/\p{White_Space}/u.test(character));
  return other < 0 ? characters.length : other;
}

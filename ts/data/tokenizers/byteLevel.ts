// Byte-level tokens as GPT-2 writes them: each byte has a printable character, so that a vocabulary is plain text.
import type { AlignedText } from "./alignedText.ts";

/** The character of each byte: printable Latin-1 stands for itself, the others for U+0100 and on. */
const CHARACTERS: readonly string[] = byteCharacters();
const BYTES: ReadonlyMap<string, number> = new Map(CHARACTERS.map((character, byte) => [character, byte]));

/** All 256, by code point. */
export const BYTE_ALPHABET: readonly string[] = [...CHARACTERS].sort();

/** What a space becomes: Ġ. */
export const SPACE_CHARACTER = CHARACTERS[0x20]!;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The UTF-8 of a text, a character for each byte. Every byte of a character has its span. */
export function toBytes({ text, spans }: AlignedText): AlignedText {
  if (spans === null) return { text: asCharacters(encoder.encode(text)), spans };
  const starts: number[] = [];
  const ends: number[] = [];
  let unit = 0;
  for (const character of text) {
    const bytes = utf8Length(character.codePointAt(0)!);
    for (let i = 0; i < bytes; i += 1) {
      starts.push(spans.starts[unit]!);
      ends.push(spans.ends[unit]!);
    }
    unit += character.length;
  }
  return { text: asCharacters(encoder.encode(text)), spans: { starts, ends } };
}

/** The text that tokens spell. Bytes that are no UTF-8 become U+FFFD; a token with a character that is no byte's is taken as it is. */
export function fromBytes(tokens: readonly string[]): string {
  const bytes = tokens.flatMap((token) => {
    const values = Array.from(token, (character) => BYTES.get(character));
    return values.every((value) => value !== undefined) ? values : [...encoder.encode(token)];
  });
  return decoder.decode(Uint8Array.from(bytes));
}

function asCharacters(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += CHARACTERS[byte];
  return text;
}

function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x1_0000 ? 3 : 4;
}

function byteCharacters(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    return String.fromCharCode(printable ? byte : next++);
  });
}

import { fromBytes } from "./byteLevel.ts";
import { type DecoderJson, unsupported } from "./tokenizerJson.ts";

/** The text of tokens. */
export type Decoder = (tokens: readonly string[]) => string;

export function decoder(json: DecoderJson | null): Decoder {
  switch (json?.type) {
    case undefined:
      return (tokens) => tokens.join(" ");
    case "ByteLevel":
      return fromBytes;
    case "WordPiece":
      return wordPieces(json.prefix, json.cleanup);
    case "Fuse":
      return (tokens) => tokens.join("");
    default:
      throw unsupported("this decoder", json);
  }
}

function wordPieces(prefix: string, cleanup: boolean): Decoder {
  return (tokens) =>
    tokens
      .map((token, i) => {
        if (i === 0) return token;
        return token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
      })
      .map((text) => (cleanup ? cleanUp(text) : text))
      .join("");
}

/** What Hugging Face takes for spaces of no meaning in English, in its order. */
const CLEANUP = [
  [" .", "."],
  [" ?", "?"],
  [" !", "!"],
  [" ,", ","],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" do not", " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
] as const;

function cleanUp(text: string): string {
  return CLEANUP.reduce((cleaned, [from, to]) => cleaned.replaceAll(from, to), text);
}

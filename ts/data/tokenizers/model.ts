import { FoveaError } from "../../runtime/errors.ts";
import { bpe } from "./bpe.ts";
import { type ModelJson, unsupported, type WordLevelJson, type WordPieceJson } from "./tokenizerJson.ts";

/** The tokens of a piece, in its order. */
export interface PieceTokens {
  readonly ids: readonly number[];
  /** The UTF-16 units of the piece that each covers. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Turns a piece into tokens. */
export type Model = (piece: string) => PieceTokens;

export function model(json: ModelJson): Model {
  switch (json.type) {
    case "BPE":
      return remembered(bpe(json));
    case "WordPiece":
      return remembered(wordPiece(json));
    case "WordLevel":
      return wordLevel(json);
    default:
      throw unsupported("this model", (json as { type: unknown }).type);
  }
}

/** Words come back: a text of 1 MB has about 20,000 different ones. */
const MOST_REMEMBERED = 50_000;
/** Longer ones do not come back. */
const LONGEST_REMEMBERED = 200;

function remembered(tokens: Model): Model {
  const known = new Map<string, PieceTokens>();
  return (piece) => {
    if (piece.length > LONGEST_REMEMBERED) return tokens(piece);
    let found = known.get(piece);
    if (found === undefined) {
      found = tokens(piece);
      if (known.size >= MOST_REMEMBERED) known.clear();
      known.set(piece, found);
    }
    return found;
  };
}

function wordLevel({ vocab, unk_token }: WordLevelJson): Model {
  const ids = new Map(Object.entries(vocab));
  const unknown = unknownId(ids, unk_token);
  return (piece) => ({ ids: [ids.get(piece) ?? unknown], starts: [0], ends: [piece.length] });
}

/** The longest beginning that the vocabulary has, again and again; a word with a part that it has not is unknown as a whole (Wu et al. 2016). */
function wordPiece({
  vocab,
  unk_token,
  continuing_subword_prefix: prefix,
  max_input_chars_per_word: most,
}: WordPieceJson): Model {
  const vocabulary = new Map(Object.entries(vocab));
  const unknown = unknownId(vocabulary, unk_token);
  return (word) => {
    const wholeWord: PieceTokens = { ids: [unknown], starts: [0], ends: [word.length] };
    if ([...word].length > most) return wholeWord;
    const ids: number[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    for (let start = 0; start < word.length; start = ends.at(-1)!) {
      let end = word.length;
      const idUpToEnd = (): number | undefined => vocabulary.get((start > 0 ? prefix : "") + word.slice(start, end));
      let id = idUpToEnd();
      for (; id === undefined && end > start + 1; id = idUpToEnd()) end -= 1;
      if (id === undefined) return wholeWord;
      ids.push(id);
      starts.push(start);
      ends.push(end);
    }
    return { ids, starts, ends };
  };
}

function unknownId(vocabulary: ReadonlyMap<string, number>, token: string): number {
  const id = vocabulary.get(token);
  if (id !== undefined) return id;
  throw new FoveaError(
    "DATA",
    `Tokenizer: the vocabulary must have the token for unknown words, got none for ${JSON.stringify(token)}`,
  );
}

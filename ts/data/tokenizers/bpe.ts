import { FoveaError } from "../../runtime/errors.ts";
import { mergeLong } from "./mergeLong.ts";
import type { Model, PieceTokens } from "./model.ts";
import { type BpeJson, unsupported } from "./tokenizerJson.ts";

export interface Merge {
  readonly rank: number;
  readonly id: number;
}

/** Ids of 26 bits each in one exact double. */
const PAIR = 2 ** 26;

/** Byte-pair encoding (Sennrich et al. 2016): of all neighbours that may merge, those that were learned first do so first, from the left. */
export function bpe(json: BpeJson): Model {
  const { dropout, unk_token, continuing_subword_prefix, end_of_word_suffix, byte_fallback } = json;
  if (dropout || unk_token || continuing_subword_prefix || end_of_word_suffix || byte_fallback)
    throw unsupported("BPE with dropout, an unknown token, a prefix, a suffix or byte fallback", {
      dropout,
      unk_token,
      continuing_subword_prefix,
      end_of_word_suffix,
      byte_fallback,
    });
  const vocabulary = new Map(Object.entries(json.vocab));
  const merges = mergeTable(json.merges, vocabulary);
  return (piece) => {
    const whole = json.ignore_merges ? vocabulary.get(piece) : undefined;
    if (whole !== undefined) return { ids: [whole], starts: [0], ends: [piece.length] };
    const symbols = symbolsOf(piece, vocabulary);
    return symbols.ids.length > MOST_SCANNED ? mergeLong(symbols, merges) : mergeAll(symbols, merges);
  };
}

function mergeTable(pairs: BpeJson["merges"], vocabulary: ReadonlyMap<string, number>): ReadonlyMap<number, Merge> {
  const merges = new Map<number, Merge>();
  for (const [rank, pair] of pairs.entries()) {
    const [left, right] = typeof pair === "string" ? (pair as string).split(" ") : pair; // older files write "a b"
    const [a, b, id] = [left, right, `${left}${right}`].map((token) => vocabulary.get(token ?? ""));
    if (a === undefined || b === undefined || id === undefined)
      throw new FoveaError(
        "DATA",
        `Tokenizer: merge ${rank} must join two tokens to one of the vocabulary, got ${JSON.stringify(pair)}`,
      );
    merges.set(a * PAIR + b, { rank, id });
  }
  return merges;
}

export interface Symbols {
  ids: number[];
  starts: number[];
  ends: number[];
}

/** A character that the vocabulary has not is left out. */
function symbolsOf(piece: string, vocabulary: ReadonlyMap<string, number>): Symbols {
  const symbols: Symbols = { ids: [], starts: [], ends: [] };
  let at = 0;
  for (const character of piece) {
    const id = vocabulary.get(character);
    if (id !== undefined) {
      symbols.ids.push(id);
      symbols.starts.push(at);
      symbols.ends.push(at + character.length);
    }
    at += character.length;
  }
  return symbols;
}

/** In a longer piece, a word of DNA or a line without spaces, a queue is faster. */
const MOST_SCANNED = 100;

// A word has few symbols, so looking at all pairs before each merge beats keeping a queue.
function mergeAll(symbols: Symbols, merges: ReadonlyMap<number, Merge>): PieceTokens {
  const { ids, starts, ends } = symbols;
  for (;;) {
    let best: Merge | undefined;
    let at = 0;
    for (let i = 0; i + 1 < ids.length; i += 1) {
      const merge = merges.get(ids[i]! * PAIR + ids[i + 1]!);
      if (merge !== undefined && (best === undefined || merge.rank < best.rank)) [best, at] = [merge, i];
    }
    if (best === undefined) return symbols;
    ids.splice(at, 2, best.id);
    starts.splice(at + 1, 1);
    ends.splice(at, 1);
  }
}

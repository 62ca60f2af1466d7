import { FoveaError } from "../../runtime/errors.ts";
import { type DecoderJson, specialTokens, type TokenizerJson } from "./tokenizerJson.ts";
import { asVocabulary, countWords, mostFrequent, type Splitting } from "./training.ts";

export interface WordLevelOptions {
  /** What occurs less often counts as unknown. Default 1. */
  readonly minCount?: number | undefined;
  /** The most entries, special ones among them; the rarest are left out. */
  readonly vocabSize?: number | undefined;
  /** Entries after `<pad>` and `<unk>`, such as `<bos>` and `<eos>`. */
  readonly specials?: readonly string[] | undefined;
}

export const PAD = "<pad>";
export const UNKNOWN = "<unk>";

/** A vocabulary of whole pieces: `<pad>`, `<unk>`, `specials`, then the most frequent. Throws `RANGE`. */
export function trainWordLevel(
  texts: Iterable<string>,
  splitting: Splitting,
  decoder: DecoderJson | null,
  { minCount = 1, vocabSize = Number.POSITIVE_INFINITY, specials = [] }: WordLevelOptions,
): TokenizerJson {
  const first = [PAD, UNKNOWN, ...specials];
  if (!(minCount >= 1)) throw new FoveaError("RANGE", `train: minCount must be at least 1, got ${minCount}`);
  if (!(vocabSize >= first.length))
    throw new FoveaError("RANGE", `train: vocabSize must be at least ${first.length}, the special entries, got ${vocabSize}`);
  const counts = countWords(texts, splitting);
  for (const special of first) counts.delete(special);
  const tokens = [...first, ...mostFrequent(counts, minCount).slice(0, vocabSize - first.length)];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specialTokens(first),
    ...splitting,
    post_processor: null,
    decoder,
    model: { type: "WordLevel", vocab: asVocabulary(tokens), unk_token: UNKNOWN },
  };
}

import { FoveaError } from "../../runtime/errors.ts";
import { Tokenizer } from "./tokenizer.ts";
import { checkedJson } from "./tokenizerJson.ts";
import { PAD, trainWordLevel, UNKNOWN, type WordLevelOptions } from "./wordLevel.ts";
import { WORD_SPLIT, type WordOptions, wordNormalizer } from "./words.ts";

export interface WordTokenizerOptions extends WordLevelOptions, WordOptions {}

/**
 * Texts to ids, a word at a time (see `words`). Id 0 is `<pad>`, which fills up short sequences; id 1 is `<unk>`, every word that is not
 * in the vocabulary. Decoded words have a space between them.
 */
export class WordTokenizer extends Tokenizer {
  readonly paddingId = 0;
  readonly unknownId = 1;

  /** Collects the vocabulary of `texts`, the most frequent words first and equally frequent ones by their UTF-16 codes. Throws `RANGE`. */
  static train(texts: Iterable<string>, { lowerCase = true, ...options }: WordTokenizerOptions = {}): WordTokenizer {
    const splitting = { normalizer: wordNormalizer(lowerCase), pre_tokenizer: WORD_SPLIT };
    return new WordTokenizer(trainWordLevel(texts, splitting, null, options));
  }

  /** The tokenizer that was trained here and saved. Throws `DATA` for any other. */
  static override fromJSON(json: unknown): WordTokenizer {
    const checked = checkedJson(json);
    const { type, vocab } = checked.model;
    if (type !== "WordLevel" || vocab[PAD] !== 0 || vocab[UNKNOWN] !== 1)
      throw new FoveaError("DATA", `WordTokenizer: the vocabulary must be of words, ${PAD} and ${UNKNOWN} first, got a ${type}`);
    return new WordTokenizer(checked);
  }

  /** The words of a text as they are looked up; special tokens are no exception. */
  tokenize(text: string): string[] {
    return this.pieces(text);
  }
}

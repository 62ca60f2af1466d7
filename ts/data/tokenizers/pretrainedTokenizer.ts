import { FoveaError } from "../../runtime/errors.ts";
import type { DecodeOptions, EncodeOptions } from "./encoding.ts";

/** What is used of a `Tokenizer` of the package `@huggingface/tokenizers`. */
export interface HuggingFaceTokenizer {
  encode(text: string, options: { text_pair: string | null; add_special_tokens: boolean }): { readonly ids: number[] };
  decode(ids: number[], options: { skip_special_tokens: boolean }): string;
  get_vocab(): ReadonlyMap<string, number>;
  token_to_id(token: string): number | undefined;
}

/** What every tokenizer here can do; one that Hugging Face's package runs has no offsets. */
export interface PretrainedTokenizer {
  /** How many ids there are: a model's `vocabSize`. */
  readonly size: number;
  encode(text: string, options?: Omit<EncodeOptions, "splitSpecialTokens">): number[];
  decode(ids: Iterable<number>, options?: DecodeOptions): string;
  /** The id of a token such as `[PAD]`. Throws `RANGE` where there is none. */
  idOf(token: string): number;
}

/**
 * Any `tokenizer.json`, Unigram, byte fallback and all, through Hugging Face's own package, with the methods and defaults of `Tokenizer`. The page
 * imports the package itself, so that one that needs it not need not install it:
 *
 *     import { Tokenizer } from "@huggingface/tokenizers";
 *     const tokenizer = pretrainedTokenizer(new Tokenizer(tokenizerJson, tokenizerConfigJson));
 */
export function pretrainedTokenizer(tokenizer: HuggingFaceTokenizer): PretrainedTokenizer {
  return {
    size: tokenizer.get_vocab().size,
    encode: (text, { pair, addSpecialTokens = true } = {}) =>
      tokenizer.encode(text, { text_pair: pair ?? null, add_special_tokens: addSpecialTokens }).ids,
    decode(ids, { skipSpecialTokens = true } = {}) {
      const list = [...ids];
      return list.length === 0 ? "" : tokenizer.decode(list, { skip_special_tokens: skipSpecialTokens }); // the package refuses none
    },
    idOf(token) {
      const id = tokenizer.token_to_id(token);
      if (id !== undefined) return id;
      throw new FoveaError("RANGE", `idOf: the token must be one of the vocabulary, got ${JSON.stringify(token)}`);
    },
  };
}

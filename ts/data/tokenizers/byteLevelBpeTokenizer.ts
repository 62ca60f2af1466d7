import { BYTE_ALPHABET } from "./byteLevel.ts";
import { learnMerges } from "./learnMerges.ts";
import { Tokenizer } from "./tokenizer.ts";
import { specialTokens } from "./tokenizerJson.ts";
import { asVocabulary, countWords } from "./training.ts";

export interface ByteLevelBpeOptions {
  /** How many ids there are to be: special tokens, 256 bytes, and merges for the rest. Fewer if no pair is left to merge. */
  readonly vocabSize: number;
  /** A pair that is rarer is not merged. Default 2. */
  readonly minCount?: number | undefined;
  /** The first ids; the first of all is 0. Default `["<|endoftext|>"]`. */
  readonly specials?: readonly string[] | undefined;
  /** Treat the first word of a text like one after a space. Default false. */
  readonly addPrefixSpace?: boolean | undefined;
  /** Leave spaces out of offsets. Default true. */
  readonly trimOffsets?: boolean | undefined;
}

/** Byte-pair encoding over UTF-8 (Radford et al. 2019): nothing is unknown, and what was encoded decodes to the same text. */
export class ByteLevelBpeTokenizer extends Tokenizer {
  /** Learns the merges of `texts`; the same as Hugging Face's trainer learns. Throws `RANGE`. */
  static train(texts: Iterable<string>, options: ByteLevelBpeOptions): ByteLevelBpeTokenizer {
    const { vocabSize, minCount = 2, specials = ["<|endoftext|>"], addPrefixSpace = false, trimOffsets = true } = options;
    const byteLevel = {
      type: "ByteLevel",
      add_prefix_space: addPrefixSpace,
      trim_offsets: trimOffsets,
      use_regex: true,
    } as const;
    const splitting = { normalizer: null, pre_tokenizer: byteLevel };
    const words = countWords(texts, splitting);
    const { tokens, merges } = learnMerges([...specials, ...BYTE_ALPHABET], words, { vocabSize, minCount, prefix: "" });
    return new ByteLevelBpeTokenizer({
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: specialTokens(specials),
      ...splitting,
      post_processor: byteLevel,
      decoder: byteLevel,
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: asVocabulary(tokens),
        merges,
      },
    });
  }
}

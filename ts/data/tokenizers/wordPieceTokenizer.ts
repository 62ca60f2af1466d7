import { learnMerges } from "./learnMerges.ts";
import { Tokenizer } from "./tokenizer.ts";
import { specialTokens, type TemplateJson } from "./tokenizerJson.ts";
import { alphabetOf, asVocabulary, countWords } from "./training.ts";

export interface WordPieceOptions {
  /** How many ids there are to be: special tokens, characters, and merges for the rest. Fewer if no pair is left to merge. */
  readonly vocabSize: number;
  /** A pair that is rarer is not merged. Default 2. */
  readonly minCount?: number | undefined;
  /** The most characters, the rarest left out: a word with one that is left out is unknown. Default all. */
  readonly maxAlphabet?: number | undefined;
  /** Tokens after `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]` and `[MASK]`, ids 0 to 4. */
  readonly specials?: readonly string[] | undefined;
  /** Make capitals small and take off accents. Default true. */
  readonly lowerCase?: boolean | undefined;
}

const SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const CONTINUES = "##";

/** BERT's tokenizer: words and signs, each cut into the longest pieces that the vocabulary has (Wu et al. 2016), `[CLS] A [SEP]` or `[CLS] A [SEP] B [SEP]`. */
export class WordPieceTokenizer extends Tokenizer {
  readonly paddingId = 0;
  readonly unknownId = 1;

  /** Learns the pieces of `texts`; the same as Hugging Face's trainer learns, which merges the most frequent pair as BPE does. Throws `RANGE`. */
  static train(texts: Iterable<string>, options: WordPieceOptions): WordPieceTokenizer {
    const { vocabSize, minCount = 2, maxAlphabet = Number.POSITIVE_INFINITY, specials = [], lowerCase = true } = options;
    const splitting = {
      normalizer: {
        type: "BertNormalizer",
        clean_text: true,
        handle_chinese_chars: true,
        strip_accents: null,
        lowercase: lowerCase,
      },
      pre_tokenizer: { type: "BertPreTokenizer" },
    } as const;
    const words = countWords(texts, splitting);
    const alphabet = alphabetOf(words, maxAlphabet);
    const special = [...SPECIALS, ...specials];
    const first = [...special, ...alphabet.map((character) => CONTINUES + character), ...alphabet];
    const { tokens } = learnMerges(first, words, { vocabSize, minCount, prefix: CONTINUES });
    return new WordPieceTokenizer({
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: specialTokens(special),
      ...splitting,
      post_processor: TEMPLATE,
      decoder: { type: "WordPiece", prefix: CONTINUES, cleanup: true },
      model: {
        type: "WordPiece",
        unk_token: "[UNK]",
        continuing_subword_prefix: CONTINUES,
        max_input_chars_per_word: 100,
        vocab: asVocabulary(tokens),
      },
    });
  }
}

const CLS = { SpecialToken: { id: "[CLS]", type_id: 0 } };
const SEP = { SpecialToken: { id: "[SEP]", type_id: 0 } };
const FIRST = { Sequence: { id: "A", type_id: 0 } } as const;
const SECOND = { Sequence: { id: "B", type_id: 1 } } as const;

const TEMPLATE: TemplateJson = {
  type: "TemplateProcessing",
  single: [CLS, FIRST, SEP],
  pair: [CLS, FIRST, SEP, SECOND, { SpecialToken: { id: "[SEP]", type_id: 1 } }],
  special_tokens: {
    "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
    "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
  },
};

import { Tokenizer } from "./tokenizer.ts";
import type { NormalizerJson, PreTokenizerJson } from "./tokenizerJson.ts";
import { trainWordLevel, type WordLevelOptions } from "./wordLevel.ts";

export interface CharacterTokenizerOptions extends WordLevelOptions {
  /** Make capitals small. Default false. */
  readonly lowerCase?: boolean | undefined;
}

const EACH: PreTokenizerJson = { type: "Split", pattern: { Regex: "[\\s\\S]" }, behavior: "Isolated", invert: false };

/** Texts to ids, a code point at a time, spaces and line ends too. Id 0 is `<pad>`, id 1 `<unk>`. */
export class CharacterTokenizer extends Tokenizer {
  readonly paddingId = 0;
  readonly unknownId = 1;

  /** Collects the characters of `texts` in NFC, the most frequent first. Throws `RANGE`. */
  static train(texts: Iterable<string>, { lowerCase = false, ...options }: CharacterTokenizerOptions = {}): CharacterTokenizer {
    const composed: NormalizerJson = { type: "NFC" };
    const normalizer: NormalizerJson = lowerCase
      ? { type: "Sequence", normalizers: [composed, { type: "Lowercase" }] }
      : composed;
    return new CharacterTokenizer(trainWordLevel(texts, { normalizer, pre_tokenizer: EACH }, { type: "Fuse" }, options));
  }
}

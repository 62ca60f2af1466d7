import { type Normalizer, normalizer } from "./normalizer.ts";
import type { NormalizerJson, PreTokenizerJson } from "./tokenizerJson.ts";

export interface WordOptions {
  /** Make capitals small, so that a word is the same at the start of a sentence. Default true. */
  readonly lowerCase?: boolean | undefined;
}

const CLITIC = "(?:[sSmMdD]|[rR][eE]|[vV][eE]|[lL][lL])(?![\\p{L}\\p{N}])";
const NOT = "[nN]'[tT](?![\\p{L}\\p{N}])";
const LETTERS = "[\\p{L}\\p{M}\\p{N}]+";

/**
 * A clitic (`n't`, `'s`, `'ll`) · a word up to `n't` · a word, with inner hyphens, points and apostrophes, or a number · a sign, however often it
 * stands in a row. The clitics are the Penn Treebank's, so that text which is already split so stays as it is. Written so that JavaScript and
 * Hugging Face's regular expressions read it alike.
 */
const WORD = [
  NOT,
  `'${CLITIC}`,
  `${LETTERS}(?=${NOT})`,
  `${LETTERS}(?:(?:[\\-.]|,(?=\\p{N})|'(?!${CLITIC}))${LETTERS})*`,
  "([^\\p{White_Space}\\p{L}\\p{M}\\p{N}])\\1*",
].join("|");

export const WORD_SPLIT: PreTokenizerJson = { type: "Split", pattern: { Regex: WORD }, behavior: "Removed", invert: true };

/** One form of each accented letter, one apostrophe. */
export function wordNormalizer(lowerCase: boolean): NormalizerJson {
  const apostrophe: NormalizerJson = { type: "Replace", pattern: { Regex: "[‘’]" }, content: "'" };
  return { type: "Sequence", normalizers: [{ type: "NFC" }, apostrophe, ...(lowerCase ? [{ type: "Lowercase" } as const] : [])] };
}

const PATTERN = new RegExp(WORD, "gu");
const SMALL: Normalizer = normalizer(wordNormalizer(true));
const AS_WRITTEN: Normalizer = normalizer(wordNormalizer(false));

/** The words and signs of a text: `"It isn't bad."` to `it is n't bad .`. */
export function words(text: string, { lowerCase = true }: WordOptions = {}): string[] {
  return (lowerCase ? SMALL : AS_WRITTEN)(text).match(PATTERN) ?? [];
}

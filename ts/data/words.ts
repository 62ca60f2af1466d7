export interface WordOptions {
  /** Make capitals small, so that a word is the same at the start of a sentence. Default true. */
  lowerCase?: boolean | undefined;
}

/**
 * A clitic (`n't`, `'s`, `'ll`) · a word up to `n't` · a word, with inner hyphens, points and apostrophes, or a number · a sign, however often it
 * stands in a row. The clitics are the Penn Treebank's, so that text which is already split so stays as it is.
 */
const TOKEN =
  /n't(?![\p{L}\p{N}])|'(?:s|m|d|re|ve|ll)(?![\p{L}\p{N}])|[\p{L}\p{M}\p{N}]+(?=n't(?![\p{L}\p{N}]))|[\p{L}\p{M}\p{N}]+(?:(?:[-.]|,(?=\p{N})|'(?!(?:s|m|d|re|ve|ll)(?![\p{L}\p{N}])))[\p{L}\p{M}\p{N}]+)*|([^\s\p{L}\p{M}\p{N}])\1*|\S/giu;

/** The words and signs of a text: `"It isn't bad."` to `it is n't bad .`. */
export function words(text: string, { lowerCase = true }: WordOptions = {}): string[] {
  const plain = text.normalize("NFC").replace(/[‘’]/g, "'");
  return (lowerCase ? plain.toLowerCase() : plain).match(TOKEN) ?? [];
}

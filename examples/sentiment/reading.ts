import type { Pooling } from "fovea";
import type { WordTokenizer } from "fovea/data";

/** Stands before a text for the whole of it, where the first position is what is classified. */
const WHOLE = "<cls>";

/** What a tokenizer needs beside words. */
export const specialsFor = (pooling: Pooling): readonly string[] => (pooling === "cls" ? [WHOLE] : []);

/** A text as the model reads it. */
export function idsOf(tokenizer: WordTokenizer, text: string, pooling: Pooling): number[] {
  const whole = specialsFor(pooling).map((token) => tokenizer.idOf(token));
  return [...whole, ...tokenizer.encode(text, { splitSpecialTokens: true })];
}

/** The tokens behind `idsOf`, those that the tokenizer does not know among them. */
export const tokensOf = (tokenizer: WordTokenizer, text: string, pooling: Pooling): string[] => [
  ...specialsFor(pooling),
  ...tokenizer.tokenize(text),
];

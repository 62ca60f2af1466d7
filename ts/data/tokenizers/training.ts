import type { AlignedText } from "./alignedText.ts";
import { type Normalizer, normalizer } from "./normalizer.ts";
import { type PreTokenizer, preTokenizer } from "./preTokenizer.ts";
import type { NormalizerJson, PreTokenizerJson, Vocabulary } from "./tokenizerJson.ts";

/** How a text becomes words before a vocabulary is made of them. */
export interface Splitting {
  readonly normalizer: NormalizerJson | null;
  readonly pre_tokenizer: PreTokenizerJson | null;
}

/** How often each word of the texts occurs. */
export function countWords(texts: Iterable<string>, splitting: Splitting): Map<string, number> {
  const normalize: Normalizer = normalizer(splitting.normalizer);
  const split: PreTokenizer = preTokenizer(splitting.pre_tokenizer);
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const { text: word } of split(plain(normalize(text)))) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

const plain = (text: string): AlignedText => ({ text, spans: null });

/** The characters of words, the most frequent `most` of them, by code point. */
export function alphabetOf(words: ReadonlyMap<string, number>, most: number): string[] {
  const counts = new Map<string, number>();
  for (const [word, count] of words) for (const character of word) counts.set(character, (counts.get(character) ?? 0) + count);
  const kept = mostFrequent(counts, 1).slice(0, most);
  return kept.sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
}

/** Entries of a vocabulary: the most frequent first, equally frequent ones by their UTF-16 codes. */
export function mostFrequent(counts: ReadonlyMap<string, number>, minCount: number): string[] {
  const frequent = [...counts].filter(([, count]) => count >= minCount);
  return frequent.sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1)).map(([entry]) => entry);
}

export function asVocabulary(tokens: readonly string[]): Vocabulary {
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

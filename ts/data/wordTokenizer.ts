import { FoveaError } from "../runtime/errors.ts";
import { type WordOptions, words } from "./words.ts";

export interface WordTokenizerOptions extends WordOptions {
  /** Words that occur less often count as unknown. Default 1. */
  minCount?: number | undefined;
  /** The most entries, special ones among them; the rarest words are left out. */
  maxSize?: number | undefined;
  /** Entries after `<pad>` and `<unk>` that no text has, such as `<cls>`. */
  specials?: readonly string[] | undefined;
}

/** A tokenizer as JSON. */
export interface WordTokenizerJson {
  readonly lowerCase: boolean;
  /** By id. */
  readonly vocabulary: readonly string[];
}

const PAD = "<pad>";
const UNKNOWN = "<unk>";

/**
 * Texts to ids, a word at a time (see `words`). Id 0 is `<pad>`, which fills up short sequences; id 1 is `<unk>`, every word that is not
 * in the vocabulary.
 */
export class WordTokenizer {
  readonly vocabulary: readonly string[];
  readonly lowerCase: boolean;
  readonly paddingId = 0;
  readonly unknownId = 1;
  readonly #ids: ReadonlyMap<string, number>;

  private constructor(vocabulary: readonly string[], lowerCase: boolean) {
    this.vocabulary = vocabulary;
    this.lowerCase = lowerCase;
    this.#ids = new Map(vocabulary.map((word, id) => [word, id]));
  }

  /** Collects the vocabulary of `texts`, the most frequent words first and equally frequent ones by their UTF-16 codes. Throws `RANGE`. */
  static train(texts: Iterable<string>, options: WordTokenizerOptions = {}): WordTokenizer {
    const { lowerCase = true, minCount = 1, maxSize = Number.POSITIVE_INFINITY, specials = [] } = options;
    const first = [PAD, UNKNOWN, ...specials];
    if (!(minCount >= 1)) throw new FoveaError("RANGE", `WordTokenizer: minCount must be at least 1, got ${minCount}`);
    if (!(maxSize >= first.length))
      throw new FoveaError(
        "RANGE",
        `WordTokenizer: maxSize must be at least ${first.length}, the special entries, got ${maxSize}`,
      );
    const counts = new Map<string, number>();
    for (const text of texts) for (const word of words(text, { lowerCase })) counts.set(word, (counts.get(word) ?? 0) + 1);
    for (const special of first) counts.delete(special);
    const frequent = [...counts].filter(([, count]) => count >= minCount);
    frequent.sort(([wordA, a], [wordB, b]) => b - a || (wordA < wordB ? -1 : 1));
    const kept = frequent.slice(0, maxSize - first.length).map(([word]) => word);
    return new WordTokenizer([...first, ...kept], lowerCase);
  }

  /** The tokenizer that `toJSON` described. Throws `DATA` if `json` is no such thing. */
  static fromJSON(json: unknown): WordTokenizer {
    const { lowerCase, vocabulary } = (json ?? {}) as Partial<WordTokenizerJson>;
    const valid =
      typeof lowerCase === "boolean" &&
      Array.isArray(vocabulary) &&
      vocabulary.every((word) => typeof word === "string") &&
      new Set(vocabulary).size === vocabulary.length &&
      vocabulary[0] === PAD &&
      vocabulary[1] === UNKNOWN;
    if (!valid)
      throw new FoveaError(
        "DATA",
        `WordTokenizer: expected { lowerCase, vocabulary: ["${PAD}", "${UNKNOWN}", …] }, each word once`,
      );
    return new WordTokenizer([...vocabulary], lowerCase);
  }

  toJSON(): WordTokenizerJson {
    return { lowerCase: this.lowerCase, vocabulary: this.vocabulary };
  }

  /** How many ids there are: a model's `vocabSize`. */
  get size(): number {
    return this.vocabulary.length;
  }

  /** The words of a text as they are looked up. */
  tokenize(text: string): string[] {
    return words(text, { lowerCase: this.lowerCase });
  }

  encode(text: string): number[] {
    return this.tokenize(text).map((word) => this.#ids.get(word) ?? this.unknownId);
  }

  /** The words that ids stand for. Throws `RANGE` for an id outside the vocabulary. */
  decode(ids: Iterable<number>): string[] {
    return Array.from(ids, (id) => {
      const word = this.vocabulary[id];
      if (word === undefined) throw new FoveaError("RANGE", `WordTokenizer: ids must be from 0 to ${this.size - 1}, got ${id}`);
      return word;
    });
  }
}

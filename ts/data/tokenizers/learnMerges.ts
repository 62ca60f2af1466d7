import { FoveaError } from "../../runtime/errors.ts";
import { Heap } from "./heap.ts";

export interface MergeOptions {
  /** How many tokens there are to be at the end. */
  readonly vocabSize: number;
  /** A pair that is rarer is not merged. */
  readonly minCount: number;
  /** What a character that continues a word starts with in the vocabulary. */
  readonly prefix: string;
}

export interface LearnedMerges {
  /** By id: those given, then one for each merge. */
  readonly tokens: readonly string[];
  /** In the order in which they were learned. */
  readonly merges: readonly (readonly [string, string])[];
}

/** Ids of 26 bits each in one exact double. */
const PAIR = 2 ** 26;

/** A pair that may be merged, as often as it was seen when it was queued. */
interface Candidate {
  readonly left: number;
  readonly right: number;
  count: number;
  /** The words that have it, by index. */
  readonly words: ReadonlySet<number>;
}

/** The most frequent first; of equally frequent ones that with the smaller ids. */
const isBefore = (a: Candidate, b: Candidate): boolean => (a.count - b.count || b.left - a.left || b.right - a.right) > 0;

interface Word {
  readonly symbols: number[];
  readonly count: number;
}

/**
 * Byte-pair encoding (Sennrich et al. 2016): merges the most frequent pair of neighbours into a new token until there are enough. `first` are the
 * tokens there are at the start, each single character among them, and `words` how often each word occurs. Equal counts go by id, and a pair that comes
 * up again is queued again, so that the result is that of Hugging Face's trainer.
 */
export function learnMerges(first: readonly string[], words: ReadonlyMap<string, number>, options: MergeOptions): LearnedMerges {
  const { vocabSize, minCount, prefix } = options;
  if (!(Number.isInteger(vocabSize) && vocabSize >= first.length))
    throw new FoveaError(
      "RANGE",
      `train: vocabSize must be at least ${first.length}, the special tokens and characters, got ${vocabSize}`,
    );
  if (!(minCount >= 1)) throw new FoveaError("RANGE", `train: minCount must be at least 1, got ${minCount}`);
  const tokens = [...first];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const twice = tokens.find((token, id) => ids.get(token) !== id);
  if (twice !== undefined)
    throw new FoveaError(
      "RANGE",
      `train: special tokens must differ from each other and from single characters, got ${JSON.stringify(twice)}`,
    );
  const corpus = new Corpus(spelled(words, ids, prefix));
  const merges = new Map<number, readonly [string, string]>();
  while (tokens.length < vocabSize) {
    const pair = corpus.mostFrequent(minCount);
    if (pair === null) break;
    const [left, right] = [tokens[pair.left]!, tokens[pair.right]!];
    const token = left + (prefix !== "" && right.startsWith(prefix) ? right.slice(prefix.length) : right);
    let id = ids.get(token);
    if (id === undefined) {
      id = tokens.push(token) - 1;
      ids.set(token, id);
    }
    const key = pair.left * PAIR + pair.right;
    merges.delete(key); // learned a second time, it counts as learned now
    merges.set(key, [left, right]);
    corpus.merge(pair, id);
  }
  return { tokens, merges: [...merges.values()] };
}

/** Words as ids of their characters; a character that has none is left out. */
function spelled(words: ReadonlyMap<string, number>, ids: ReadonlyMap<string, number>, prefix: string): Word[] {
  return Array.from(words, ([word, count]) => {
    const symbols: number[] = [];
    for (const character of word) {
      const id = ids.get(symbols.length === 0 ? character : prefix + character);
      if (id !== undefined) symbols.push(id);
    }
    return { symbols, count };
  });
}

/** All words, and how often each pair of neighbours occurs in them. */
class Corpus {
  readonly #words: readonly Word[];
  readonly #counts = new Map<number, number>();
  readonly #queue = new Heap(isBefore);

  constructor(words: readonly Word[]) {
    this.#words = words;
    const places = new Map<number, Set<number>>();
    for (const [index, { symbols, count }] of words.entries())
      for (let i = 0; i + 1 < symbols.length; i += 1) this.#count(symbols[i]!, symbols[i + 1]!, count, index, places);
    this.#enqueue(places);
  }

  /** The pair to merge next, or null if none is frequent enough. Counts in the queue may be out of date; they are corrected when they come up. */
  mostFrequent(minCount: number): Candidate | null {
    for (;;) {
      const candidate = this.#queue.pop();
      if (candidate === undefined) return null;
      const count = this.#counts.get(candidate.left * PAIR + candidate.right)!;
      if (candidate.count === count) return count < minCount ? null : candidate;
      candidate.count = count;
      this.#queue.push(candidate);
    }
  }

  /** Puts `id` for the pair wherever it stands. */
  merge({ left, right, words }: Candidate, id: number): void {
    const places = new Map<number, Set<number>>();
    for (const index of words) {
      const { symbols, count } = this.#words[index]!;
      for (let i = 0; i + 1 < symbols.length; i += 1) {
        if (symbols[i] !== left || symbols[i + 1] !== right) continue;
        if (i > 0) {
          this.#count(symbols[i - 1]!, left, -count, index, places);
          this.#count(symbols[i - 1]!, id, count, index, places);
        }
        symbols.splice(i, 2, id);
        if (i + 1 < symbols.length) {
          this.#count(right, symbols[i + 1]!, -count, index, places);
          this.#count(id, symbols[i + 1]!, count, index, places);
        }
      }
    }
    this.#enqueue(places);
  }

  #count(left: number, right: number, change: number, word: number, places: Map<number, Set<number>>): void {
    const key = left * PAIR + right;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + change);
    if (change < 0) return;
    const words = places.get(key);
    if (words === undefined) places.set(key, new Set([word]));
    else words.add(word);
  }

  #enqueue(places: ReadonlyMap<number, Set<number>>): void {
    for (const [key, words] of places) {
      const count = this.#counts.get(key)!;
      if (count > 0) this.#queue.push({ left: Math.floor(key / PAIR), right: key % PAIR, count, words });
    }
  }
}

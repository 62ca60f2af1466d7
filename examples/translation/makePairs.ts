import type { Rng } from "fovea";

/** A sentence and its translation. */
export interface Pair {
  readonly source: string;
  readonly target: string;
}

/** German needs to know more of a noun than English: gender, plural, and the endings that follow from them. */
const NOUNS = [
  ["dog", "dogs", "hund", "hunde", "der"],
  ["ball", "balls", "ball", "bälle", "der"],
  ["table", "tables", "tisch", "tische", "der"],
  ["cat", "cats", "katze", "katzen", "die"],
  ["bag", "bags", "tasche", "taschen", "die"],
  ["lamp", "lamps", "lampe", "lampen", "die"],
  ["horse", "horses", "pferd", "pferde", "das"],
  ["book", "books", "buch", "bücher", "das"],
  ["boat", "boats", "boot", "boote", "das"],
] as const;
const ADJECTIVES = [
  ["red", "rot"],
  ["small", "klein"],
  ["old", "alt"],
  ["green", "grün"],
  ["heavy", "schwer"],
] as const;
const PLACES = [
  ["behind", "hinter"],
  ["under", "unter"],
  ["beside", "neben"],
  ["in front of", "vor"],
] as const;
const NUMBERS = ["two zwei", "three drei", "four vier", "five fünf"].map((pair) => pair.split(" ") as [string, string]);

/**
 * `count` different sentences of a small piece of English with their German: articles and endings follow gender, number and case, an adverb moves the verb to the
 * second place. The words of a translation are thus not to be had one by one.
 */
export function makePairs(count: number, rng: Rng): Pair[] {
  const pairs = new Map<string, Pair>();
  while (pairs.size < count) {
    const pair = sentence(rng);
    pairs.set(pair.source, pair);
  }
  return [...pairs.values()];
}

function sentence(rng: Rng): Pair {
  const [one, other] = [phrase(rng, "subject"), phrase(rng, "place")];
  const [at, bei] = pick(PLACES, rng);
  const [is, ist] = one.plural ? ["are", "sind"] : ["is", "ist"];
  if (rng.uniform() < 0.5)
    return {
      source: `${one.english} ${is} ${at} ${other.english} .`,
      target: `${one.german} ${ist} ${bei} ${other.german} .`,
    };
  const [today, heute] = rng.uniform() < 0.5 ? ["today", "heute"] : ["now", "jetzt"];
  return {
    source: `${today} ${one.english} ${is} ${at} ${other.english} .`,
    target: `${heute} ${ist} ${one.german} ${bei} ${other.german} .`,
  };
}

interface Phrase {
  readonly english: string;
  readonly german: string;
  readonly plural: boolean;
}

function phrase(rng: Rng, role: "subject" | "place"): Phrase {
  const [noun, nouns, nomen, nomenPlural, gender] = pick(NOUNS, rng);
  const [colour, farbe] = pick(ADJECTIVES, rng);
  if (rng.uniform() < 0.4) {
    const [number, zahl] = pick(NUMBERS, rng);
    const dative = role === "place" && !nomenPlural.endsWith("n") ? "n" : "";
    return {
      english: `${number} ${colour} ${nouns}`,
      german: `${zahl} ${farbe}${role === "place" ? "en" : "e"} ${nomenPlural}${dative}`,
      plural: true,
    };
  }
  const article = role === "subject" ? gender : gender === "die" ? "der" : "dem";
  return {
    english: `the ${colour} ${noun}`,
    german: `${article} ${farbe}${role === "subject" ? "e" : "en"} ${nomen}`,
    plural: false,
  };
}

function pick<T>(from: readonly T[], rng: Rng): T {
  return from[rng.below(from.length)]!;
}

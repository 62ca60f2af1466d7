// A small set to begin with: sentences of a made language whose nouns have genders, each with an article of its own, and such sentences with one wrong article.
// Which noun has which gender has to be learned noun by noun: sentences that somebody wrote show it, without saying so.
import { Rng } from "fovea";

export interface Sentence {
  readonly text: string;
  readonly label: "right" | "wrong";
}

const ARTICLES = ["ul", "em", "os", "ir"];
const [NOUNS, ADJECTIVES, VERBS] = [240, 20, 30]; // how many
const SYLLABLES = [..."bdfgklmnprst"].flatMap((consonant) => [..."aeiou"].map((vowel) => consonant + vowel));
const LANGUAGE = language(NOUNS + ADJECTIVES + VERBS);
const nouns = LANGUAGE.slice(0, NOUNS);
const adjectives = LANGUAGE.slice(NOUNS, NOUNS + ADJECTIVES);
const verbs = LANGUAGE.slice(NOUNS + ADJECTIVES);

const one = <T>(of: readonly T[], rng: Rng): T => of[rng.below(of.length)]!;

/** `count` sentences as they should be. */
export function makeSentences(count: number, rng: Rng): Sentence[] {
  return Array.from({ length: count }, () => makeSentence("right", rng));
}

/** `count` sentences, every other one of them with a wrong article. */
export function makeJudged(count: number, rng: Rng): Sentence[] {
  return Array.from({ length: count }, (_, i) => makeSentence(i % 2 === 0 ? "right" : "wrong", rng));
}

function makeSentence(label: Sentence["label"], rng: Rng): Sentence {
  const wrong = label === "wrong" ? rng.below(2) : -1;
  const phrase = (place: number): string => {
    const noun = rng.below(NOUNS);
    const gender = (noun + (place === wrong ? 1 + rng.below(ARTICLES.length - 1) : 0)) % ARTICLES.length;
    const adjective = rng.below(2) === 0 ? `${one(adjectives, rng)} ` : "";
    return `${ARTICLES[gender]} ${adjective}${nouns[noun]}`;
  };
  return { text: `${phrase(0)} ${one(verbs, rng)} ${phrase(1)}`, label };
}

/** Words of two syllables, none twice, in an order that shows no gender. */
function language(count: number): string[] {
  const size = SYLLABLES.length;
  const numbers = new Rng(0).shuffle(Array.from({ length: size ** 2 }, (_, i) => i)).slice(0, count);
  return numbers.map((n) => `${SYLLABLES[n % size]}${SYLLABLES[Math.floor(n / size)]}`);
}

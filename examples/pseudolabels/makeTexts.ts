// A small set to begin with: texts of a made language on one of four topics. Each word belongs to a topic, but a text has strays from others; who knows few words
// can learn more from the company they keep, without a label.
import { Rng } from "fovea";

export interface Text {
  readonly text: string;
  readonly label: string;
}

const TOPICS = ["farming", "sailing", "cooking", "music"];
const FRAMES = [
  "the _ _ of _ and _ were _ _",
  "a _ _ near the _ , with _ and _ _",
  "they _ the _ _ while _ was _ or _",
  "no _ without _ _ , said the _ of the _ _",
  "one _ or another _ made _ _ , _ and _",
];
const STRAY = 0.2; // of the words, one in five is of any topic
const SYLLABLES = [..."bdfgklmnprst"].flatMap((consonant) => [..."aeiou"].map((vowel) => consonant + vowel));

/** `count` texts, all topics as often, in a language of `wordsPerTopic` words for each: the same language whatever `rng` gives. */
export function makeTexts(count: number, rng: Rng, wordsPerTopic: number): Text[] {
  const words = language(TOPICS.length * wordsPerTopic);
  const one = <T>(of: readonly T[]): T => of[rng.below(of.length)]!;
  return Array.from({ length: count }, (_, i) => {
    const topic = i % TOPICS.length;
    const own = words.slice(topic * wordsPerTopic, (topic + 1) * wordsPerTopic);
    const text = one(FRAMES).replaceAll("_", () => one(rng.uniform() < STRAY ? words : own));
    return { text, label: TOPICS[topic]! };
  });
}

/** Words of two syllables, none twice, that do not show what they are about. */
function language(count: number): string[] {
  const size = SYLLABLES.length;
  const numbers = new Rng(0).shuffle(Array.from({ length: size ** 2 }, (_, i) => i)).slice(0, count);
  return numbers.map((n) => `${SYLLABLES[n % size]}${SYLLABLES[Math.floor(n / size)]}`);
}

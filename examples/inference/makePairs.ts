// A small set to begin with: two sentences about who does what and where; the second follows from the first, denies it, or tells something else.
import type { Rng } from "fovea";

/** In lower case, words apart. */
export interface Pair {
  readonly first: string;
  readonly second: string;
  /** `ENTAILMENT`, `CONTRADICTION` or `NEUTRAL`, or what a file has in their place. */
  readonly label: string;
  /** The file and line it is from, if it is from one. */
  readonly at?: string;
}

/** Each with another word that says the same. */
const WHO = [
  ["man", "guy"],
  ["woman", "lady"],
  ["child", "kid"],
  ["dog", "hound"],
  ["cat", "kitten"],
] as const;
const DOES = [
  ["running", "jogging"],
  ["sleeping", "dozing"],
  ["eating", "dining"],
  ["singing", "chanting"],
  ["jumping", "leaping"],
] as const;
const WHERE = ["in the park", "on the beach", "near a house", "at the lake"];
const LOOKS = ["young", "old", "small", "happy"];

/** `count` pairs, each label as often. */
export function makePairs(count: number, rng: Rng): Pair[] {
  return Array.from({ length: count }, (_, i) => makePair(["ENTAILMENT", "CONTRADICTION", "NEUTRAL"][i % 3]!, rng));
}

function makePair(label: string, rng: Rng): Pair {
  const one = <T>(of: readonly T[]): T => of[rng.below(of.length)]!;
  const [who, does, where, looks] = [one(WHO), one(DOES), one(WHERE), one(LOOKS)];
  const first = `a ${looks} ${one(who)} is ${one(does)} ${where}`;
  if (label === "ENTAILMENT") return { first, second: `a ${one(who)} is ${one(does)} ${one([where, ""])}`.trim(), label };
  if (label === "CONTRADICTION")
    return { first, second: `${one(["there is no", "no"])} ${one(who)} ${one(does)} ${where}`, label };
  const other = <T>(of: readonly T[], than: T): T => one(of.filter((each) => each !== than));
  const changed = rng.below(2) === 0;
  const [whoElse, doesElse] = [changed ? other(WHO, who) : who, changed ? does : other(DOES, does)];
  return { first, second: `${one(["a", "no"])} ${one(whoElse)} is ${one(doesElse)} ${where}`, label };
}

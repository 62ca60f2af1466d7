// A small set to begin with: claims about people, true or not, and the facts that decide. Those who are claimed about in the test occur nowhere in training.
import type { Rng } from "fovea";
import type { Fact } from "./facts.ts";

export interface Claim {
  readonly text: string;
  readonly label: string;
}

const CITIES: Readonly<Record<string, readonly string[]>> = {
  france: ["paris", "lyon", "nice", "lille"],
  norway: ["oslo", "bergen", "bodo", "molde"],
  italy: ["rome", "milan", "turin", "genoa"],
  spain: ["madrid", "bilbao", "toledo", "murcia"],
};
const COUNTRIES = Object.keys(CITIES);
const JOBS = ["baker", "pilot", "nurse", "farmer", "painter", "lawyer"];
const SYLLABLES = ["ba", "do", "fi", "ga", "ka", "le", "mo", "ni", "pa", "ro", "su", "ti"];

interface Person {
  readonly name: string;
  readonly city: string;
  readonly country: string;
  readonly job: string;
}

/** `train` and `test` claims, each about other people, half of either true; and all facts. */
export function makeClaims(train: number, test: number, rng: Rng): { train: Claim[]; test: Claim[]; facts: Fact[] } {
  const names = rng.shuffle(SYLLABLES.flatMap((a) => SYLLABLES.flatMap((b) => [`${a}${b}n`, `${a}${b}s`])));
  const people = names.map((name) => makePerson(name, rng));
  const known = Math.round(0.75 * people.length);
  const claims = (count: number, about: readonly Person[]): Claim[] =>
    Array.from({ length: count }, (_, i) => makeClaim(about, i % 2 === 0, rng));
  const places = COUNTRIES.flatMap((country) => CITIES[country]!.map((city): Fact => [city, "lies in", country]));
  const lives = people.flatMap(({ name, city, job }): Fact[] => [
    [name, "lives in", city],
    [name, "works as", job],
  ]);
  return {
    train: claims(train, people.slice(0, known)),
    test: claims(test, people.slice(known)),
    facts: [...lives, ...places],
  };
}

function makePerson(name: string, rng: Rng): Person {
  const country = one(COUNTRIES, rng);
  return { name, country, city: one(CITIES[country]!, rng), job: one(JOBS, rng) };
}

/** Of what somebody is, of where somebody lives, which takes two facts, or of where two do, which takes four. */
function makeClaim(people: readonly Person[], isTrue: boolean, rng: Rng): Claim {
  const label = isTrue ? "true" : "false";
  const who = one(people, rng);
  const right = <T>(of: readonly T[], value: T): T => (isTrue ? value : other(of, value, rng));
  const kind = rng.below(3);
  if (kind === 0) return { text: `${who.name} is a ${right(JOBS, who.job)}`, label };
  if (kind === 1) return { text: `${who.name} lives in ${right(COUNTRIES, who.country)}`, label };
  const country = right(COUNTRIES, who.country);
  const neighbour = one(
    people.filter((person) => person !== who && person.country === country),
    rng,
  );
  return { text: `${who.name} and ${neighbour.name} live in the same country`, label };
}

const one = <T>(of: readonly T[], rng: Rng): T => of[rng.below(of.length)]!;

const other = <T>(of: readonly T[], than: T, rng: Rng): T =>
  one(
    of.filter((each) => each !== than),
    rng,
  );

/**
 * Makes the data set that this example carries: `tsx examples/sentiment/makeReviews.ts` writes `data/{train,valid,test}.tsv`.
 *
 * Reviews are made in small groups. Within a group every word occurs as often in positive as in negative reviews, so a model that
 * only counts words has nothing to learn, and says so: the best weights of a logistic regression on counts are all 0. Some pairings
 * of modifier and word never occur in `train.tsv`; half of the groups of the other two files have one.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { agreements, aspects, type Construction, constructions, contrasts, frames, openings } from "./grammar.ts";

export interface Review {
  readonly text: string;
  /** 1 positive, 0 negative. */
  readonly label: 0 | 1;
}

export interface ReviewSplits {
  readonly train: Review[];
  readonly valid: Review[];
  readonly test: Review[];
}

type Sign = 1 | -1;
type Random = () => number;

interface Clause {
  readonly construction: Construction;
  readonly pattern: string;
  readonly aspect: string;
  readonly modifier: number;
  /** 1: the modifier keeps the feeling; 0: there is none. */
  readonly modifierSign: Sign | 0;
  readonly word: number;
  readonly wordSign: Sign;
}

/** A review before it is put into words. */
interface Plan {
  readonly opening: string;
  readonly outline: string;
  readonly frameSign: Sign;
  readonly decides: Clause;
  readonly yields: Clause | null;
}

/** Mulberry32: 32 bits of state, the same numbers on every engine. */
function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)] as T;
}

function pickClause(random: Random): Clause {
  const construction = pick(constructions, random);
  return {
    construction,
    pattern: pick(construction.patterns, random),
    aspect: pick(aspects, random),
    modifier: Math.floor(random() * construction.modifiers.length),
    modifierSign: random() < 0.5 ? 1 : -1,
    word: Math.floor(random() * construction.words.length),
    wordSign: random() < 0.5 ? 1 : -1,
  };
}

const pickOpening = (random: Random): string => (random() < 0.4 ? `${pick(openings, random)} ` : "");

const feeling = ({ modifierSign, wordSign }: Clause): Sign => (modifierSign === -1 ? (-wordSign as Sign) : wordSign);

const plain = (clause: Clause): Clause => ({ ...clause, modifierSign: 0 });

const single = (decides: Clause, opening: string): Plan => ({
  opening,
  outline: "{decides}",
  frameSign: 1,
  decides,
  yields: null,
});

function clauseText({ construction, pattern, aspect, modifier, modifierSign, word, wordSign }: Clause): string {
  const pair = construction.modifiers[modifier] as readonly [string, string];
  return pattern
    .replace("{aspect}", aspect)
    .replace("{modifier} ", modifierSign === 0 ? `${construction.plain} `.trimStart() : `${pair[modifierSign === 1 ? 0 : 1]} `)
    .replace("{word}", construction.words[word]?.[wordSign === 1 ? 0 : 1] as string);
}

/** The plan in words, with its words of feeling and its modifiers as they are (1) or as their opposites (−1). */
function write(plan: Plan, words: Sign, modifiers: Sign): Review {
  const turn = (clause: Clause): Clause => ({
    ...clause,
    wordSign: (clause.wordSign * words) as Sign,
    modifierSign: (clause.modifierSign * modifiers) as Sign | 0,
  });
  const decides = turn(plan.decides);
  const body = plan.outline
    .replace("{decides}", clauseText(decides))
    .replace("{yields}", plan.yields === null ? "" : clauseText(turn(plan.yields)));
  return { text: plan.opening + body, label: feeling(decides) * plan.frameSign === 1 ? 1 : 0 };
}

/** With a modifier in each clause: 3 of 10 one clause, 2 one clause in a frame, 4 a contrast, 1 two clauses that agree. */
function pickPlan(random: Random): Plan {
  const decides = pickClause(random);
  const alone = single(decides, pickOpening(random));
  const kind = random();
  if (kind < 0.3) return alone;
  if (kind < 0.5) {
    const { text, sign } = pick(frames, random);
    return { ...alone, outline: `${text} {decides}`, frameSign: sign };
  }
  const agrees = kind >= 0.9;
  const other = pickClause(random);
  const wordSign = (feeling(decides) * (agrees ? 1 : -1) * (other.modifierSign || 1)) as Sign;
  return { ...alone, outline: pick(agrees ? agreements : contrasts, random), yields: { ...other, wordSign } };
}

/**
 * A plan with and without its words turned, with and without its modifiers turned. Either turns the label too, so each word and each
 * modifier stands twice in a positive and twice in a negative review.
 */
function groupOfFour(random: Random): { plans: Plan[]; reviews: Review[] } {
  const plan = pickPlan(random);
  return { plans: [plan], reviews: [write(plan, 1, 1), write(plan, 1, -1), write(plan, -1, 1), write(plan, -1, -1)] };
}

/**
 * Two plain statements of one feeling, and a contrast of the same words in which a modifier turns the clause that decides: "the plot
 * is clever", "the music is fresh", "the plot is clever but the music is hardly fresh"; then the same with the opposite words. What
 * the plain ones say of a word the contrast says against it, yet from short reviews like these its meaning can be learned.
 */
function groupOfSix(random: Random): { plans: Plan[]; reviews: Review[] } {
  const yields = plain(pickClause(random));
  const decides: Clause = { ...pickClause(random), modifierSign: -1, wordSign: yields.wordSign };
  const contrast: Plan = { ...single(decides, pickOpening(random)), outline: pick(contrasts, random), yields };
  const plans = [single(yields, pickOpening(random)), single(plain(decides), pickOpening(random)), contrast];
  return { plans, reviews: plans.flatMap((plan) => [write(plan, 1, 1), write(plan, -1, 1)]) };
}

/** One pairing of modifier and word in six is kept out of the training set. */
function hasUnseenPairing(plans: readonly Plan[]): boolean {
  const unseen = (clause: Clause | null): boolean =>
    clause !== null && clause.modifierSign !== 0 && (clause.modifier + 5 * clause.word) % 6 === 0;
  return plans.some(({ decides, yields }) => unseen(decides) || unseen(yields));
}

function shuffle<T>(list: T[], random: Random): T[] {
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [list[last], list[other]] = [list[other] as T, list[last] as T];
  }
  return list;
}

/** No review occurs twice, in one split or in two. Each split is half groups of four, half of six: its size is a multiple of 24. */
export function makeReviews(seed = 1, sizes = { train: 7200, valid: 816, test: 816 }): ReviewSplits {
  const random = seeded(seed);
  const seen = new Set<string>();
  const take = (count: number, makeGroup: typeof groupOfFour, unseenPairing: boolean): Review[] => {
    const taken: Review[] = [];
    while (taken.length < count) {
      const { plans, reviews } = makeGroup(random);
      const texts = new Set(reviews.map(({ text }) => text));
      if (hasUnseenPairing(plans) !== unseenPairing || texts.size < reviews.length || reviews.some(({ text }) => seen.has(text)))
        continue;
      for (const text of texts) seen.add(text);
      taken.push(...reviews);
    }
    return taken;
  };
  const both = (count: number, unseenPairing: boolean): Review[] => [
    ...take(count / 2, groupOfFour, unseenPairing),
    ...take(count / 2, groupOfSix, unseenPairing),
  ];
  const heldOut = (count: number): Review[] => shuffle([...both(count / 2, false), ...both(count / 2, true)], random);
  return { train: shuffle(both(sizes.train, false), random), valid: heldOut(sizes.valid), test: heldOut(sizes.test) };
}

/** The file that a split is kept as: a header, then text, tab, label. */
export function reviewsTsv(reviews: readonly Review[]): string {
  return `text\tlabel\n${reviews.map(({ text, label }) => `${text}\t${label}\n`).join("")}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL("./data/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const [name, reviews] of Object.entries(makeReviews())) {
    writeFileSync(new URL(`${name}.tsv`, folder), reviewsTsv(reviews));
    console.log(`${name}.tsv: ${reviews.length} reviews`);
  }
}

// A small set: complaints and praise, in classes that are told apart by two things at once, what a text is about and what happened to it. Texts say either in
// words of their own, never in the class's. Some pairs of the two do not occur in training.
import type { Rng } from "fovea";

export interface LabelledText {
  readonly text: string;
  /** What its class is called: "payment delay". A model is told nothing else of it. */
  readonly label: string;
}

/** What it is about: the word that names it, and the words of texts. */
const THINGS = {
  payment: ["card", "invoice", "transfer", "charge"],
  delivery: ["parcel", "courier", "shipment", "package"],
  account: ["login", "password", "profile", "username"],
  travel: ["flight", "train", "ticket", "seat"],
  lodging: ["room", "bed", "hostel", "suite"],
  music: ["song", "concert", "album", "singer"],
  food: ["soup", "bread", "salad", "pasta"],
  garden: ["tree", "lawn", "hedge", "rose"],
} as const satisfies Record<string, readonly string[]>;

/** What happened, likewise. */
const EVENTS = {
  delay: ["late", "slow", "postponed", "overdue"],
  praise: ["wonderful", "excellent", "lovely", "superb"],
  damage: ["broken", "torn", "smashed", "ruined"],
  loss: ["missing", "gone", "vanished", "stolen"],
  refusal: ["rejected", "declined", "denied", "blocked"],
  cost: ["expensive", "dear", "pricey", "overpriced"],
} as const satisfies Record<string, readonly string[]>;

/** Half of them name something else as well, which has nothing to do with the class. */
const FRAMES = [
  "the {thing} was {event} again",
  "my {thing} , i must say , is {event}",
  "{event} is what i call this {thing}",
  "the {other} is fine , but the {thing} is {event}",
  "not {else} but {event} , that {thing} of mine",
  "of my {thing} and my {other} the latter is {else} , the former {event}",
];

export interface Split {
  readonly train: readonly LabelledText[];
  /** Other texts of the classes that are trained on. */
  readonly seen: readonly LabelledText[];
  /** Texts of classes that are not: every thing with one event, and every event with some thing. */
  readonly unseen: readonly LabelledText[];
}

/** No text occurs twice. */
export function makeTexts(rng: Rng, { train = 24, test = 8 } = {}): Split {
  const split = { train: [] as LabelledText[], seen: [] as LabelledText[], unseen: [] as LabelledText[] };
  const events = Object.keys(EVENTS);
  for (const [t, thing] of Object.keys(THINGS).entries())
    for (const [e, event] of events.entries()) {
      const label = `${thing} ${event}`;
      const texts = allTexts(thing as Thing, event as Event, rng).map((text) => ({ text, label }));
      if (t % events.length === e) split.unseen.push(...texts.slice(0, test));
      else {
        split.train.push(...texts.slice(0, train));
        split.seen.push(...texts.slice(train, train + test));
      }
    }
  return split;
}

type Thing = keyof typeof THINGS;
type Event = keyof typeof EVENTS;

function allTexts(thing: Thing, event: Event, rng: Rng): string[] {
  const one = (words: readonly string[]): string => words[rng.below(words.length)]!;
  const others = Object.entries(THINGS).flatMap(([name, words]) => (name === thing ? [] : words));
  const elses = Object.entries(EVENTS).flatMap(([name, words]) => (name === event ? [] : words));
  const texts = FRAMES.flatMap((frame) =>
    THINGS[thing].flatMap((what) =>
      EVENTS[event].map((how) =>
        frame.replace("{thing}", what).replace("{event}", how).replace("{other}", one(others)).replace("{else}", one(elses)),
      ),
    ),
  );
  return rng.shuffle(texts);
}

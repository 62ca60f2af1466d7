import type { Rng } from "fovea";

const OWNERS = ["anna her", "bella her", "clara her", "doris her", "adam his", "boris his", "carl his", "david his"].map(
  (pair) => pair.split(" ") as [name: string, possessive: string],
);
const COLOURS = ["red", "green", "blue", "black", "white", "yellow"];
const THINGS = ["lamp", "boat", "book", "ball", "coat", "chair", "drum", "kite"];
const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const WEATHER = ["rain", "snow", "wind", "sun"];
const PLACES = ["in the park", "at the lake", "in the town", "on the hill"];
const DAYS_OF_A_STORY = 2;

/**
 * `count` little stories, a line each. The last sentence says again whose thing it was, and its colour, and whether it was his or hers; two days of weather lie between
 * the two, so that nobody can know it who reads less than some 25 words at a time.
 *
 *     clara has a blue kite . on friday there is rain at the lake . on monday there is sun on the hill . clara still has her blue kite .
 */
export function makeStories(count: number, rng: Rng): string[] {
  return Array.from({ length: count }, () => {
    const [name, possessive] = pick(OWNERS, rng);
    const thing = `${pick(COLOURS, rng)} ${pick(THINGS, rng)}`;
    const days = Array.from(
      { length: DAYS_OF_A_STORY },
      () => `on ${pick(DAYS, rng)} there is ${pick(WEATHER, rng)} ${pick(PLACES, rng)} .`,
    );
    return `${name} has a ${thing} . ${days.join(" ")} ${name} still has ${possessive} ${thing} .`;
  });
}

const BEGINNING = Math.log(OWNERS.length * COLOURS.length * THINGS.length);
const BETWEEN = DAYS_OF_A_STORY * Math.log(DAYS.length * WEATHER.length * PLACES.length);

/**
 * What is left to guess in a story, in nats, for a reader who knows the language perfectly: all that is new in it, and for one who has forgotten its beginning that beginning a second
 * time.
 */
export const NATS = { remembering: BEGINNING + BETWEEN, forgetting: BEGINNING + BETWEEN + BEGINNING };

function pick<T>(from: readonly T[], rng: Rng): T {
  return from[rng.below(from.length)]!;
}

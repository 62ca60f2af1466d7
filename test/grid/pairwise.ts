import { random } from "../harness/random.ts";

/** The values of each factor. */
export type Factors<T> = { readonly [F in keyof T]: readonly T[F][] };

const DRAWS = 24;

/**
 * `count` combinations in which as many pairs of values meet as can: each is, of a few dozen drawn, the one with most pairs that have not met
 * before. `possible` refuses those that take too long or mean nothing. The same seed gives the same combinations.
 */
export function pairwise<T extends object>(
  factors: Factors<T>,
  count: number,
  seed: number,
  possible: (each: T) => boolean = () => true,
): T[] {
  const rng = random(seed);
  const names = Object.keys(factors) as (keyof T)[];
  const met = new Set<string>();
  const draw = (): { each: T; at: number[] } => {
    for (let attempt = 0; attempt < 10_000; attempt++) {
      const at = names.map((name) => rng.below(factors[name].length));
      const each = Object.fromEntries(names.map((name, f) => [name, factors[name][at[f]!]])) as T;
      if (possible(each)) return { each, at };
    }
    throw new Error("pairwise: hardly any combination is possible");
  };
  const pairsOf = (at: number[]): string[] =>
    at.flatMap((value, f) => at.slice(f + 1).map((other, g) => `${f}:${value} ${f + 1 + g}:${other}`));
  return Array.from({ length: count }, () => {
    let best = { each: {} as T, fresh: [] as string[], all: -1 };
    for (let i = 0; i < DRAWS; i++) {
      const { each, at } = draw();
      const fresh = pairsOf(at).filter((pair) => !met.has(pair));
      if (fresh.length > best.all) best = { each, fresh, all: fresh.length };
    }
    for (const pair of best.fresh) met.add(pair);
    return best.each;
  });
}

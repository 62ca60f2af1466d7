import type { Fill } from "./types.ts";

/** Normal numbers. */
export const normal =
  (spread = 1, offset = 0): Fill =>
  ({ rng }) =>
    offset + spread * rng.normal();

export const constant =
  (value: number): Fill =>
  () =>
    value;

/** Either sign and at least 0.5 in size, so that a 0 is never by chance. */
export const awayFromZero: Fill = ({ rng }) => (rng.next() < 0.5 ? -1 : 1) * (0.5 + rng.next());

/** From `low` to `high` in even steps. */
export const ramp =
  (low: number, high: number): Fill =>
  ({ index, length }) =>
    low + ((high - low) * index) / Math.max(1, length - 1);

export const positive: Fill = ({ rng }) => 0.01 + rng.next();

/** Whole numbers below a dim. */
export const below =
  (dim: string): Fill =>
  ({ rng, dims }) =>
    rng.below(dims[dim]!);

/** These values, again and again. */
export const cycle =
  (...values: number[]): Fill =>
  ({ index }) =>
    values[index % values.length]!;

/** `special` at the given places, `others` elsewhere. */
export const withAt =
  (others: Fill, special: Record<number, number>): Fill =>
  (at) =>
    special[at.index] ?? others(at);

/** 1 with probability `share`, else 0. */
export const flags =
  (share: number): Fill =>
  ({ rng }) =>
    rng.next() < share ? 1 : 0;

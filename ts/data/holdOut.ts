import { FoveaError } from "../runtime/errors.ts";
import { Rng } from "../tensor/rng.ts";

export interface HoldOutOptions {
  /** Which share is held out; at least one item, and never all. Default 0.1. */
  share?: number | undefined;
  /** Decides which. Default 0. */
  seed?: number | undefined;
}

/**
 * Splits items at random into those to train with and those to validate with; each part keeps the order of the items. Throws `RANGE`,
 * and `DATA` for fewer than two items.
 */
export function holdOut<T>(items: readonly T[], { share = 0.1, seed = 0 }: HoldOutOptions = {}): { train: T[]; valid: T[] } {
  if (!(share > 0 && share < 1)) throw new FoveaError("RANGE", `holdOut: share must be between 0 and 1, got ${share}`);
  if (items.length < 2) throw new FoveaError("DATA", `holdOut: at least two items are needed, got ${items.length}`);
  const count = Math.min(items.length - 1, Math.max(1, Math.round(share * items.length)));
  const order = new Rng(seed).shuffle(Array.from(items, (_, index) => index));
  const held = new Set(order.slice(0, count));
  return { train: items.filter((_, index) => !held.has(index)), valid: items.filter((_, index) => held.has(index)) };
}

import { FoveaError } from "../runtime/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * Which keys a query may attend to, as a description: the kernel reads it and never computes tiles that are masked as a whole.
 * Made by the functions below; a bare boolean tensor is none, as nobody can see whether its true means yes or no.
 */
export type Mask =
  | { readonly kind: "causal"; readonly offset: number }
  | { readonly kind: "window"; readonly size: number }
  | { readonly kind: "lengths"; readonly lengths: ArrayLike<number> }
  | { readonly kind: "sinks"; readonly count: number }
  | { readonly kind: "documents"; readonly ids: readonly ArrayLike<number>[] }
  | { readonly kind: "prefix"; readonly lengths: ArrayLike<number> | number; readonly offset: number }
  | { readonly kind: "slopes"; readonly slopes: ArrayLike<number>; readonly offset: number }
  | { readonly kind: "keep"; readonly mask: Tensor }
  | { readonly kind: "drop"; readonly mask: Tensor }
  | { readonly kind: "bias"; readonly bias: Tensor }
  | { readonly kind: "all"; readonly masks: readonly Mask[] };

/**
 * Query i sees key j if j ≤ i + offset. With unequal lengths say which corner is meant, 3 queries and 5 keys:
 *
 *     causal()               causal({ offset: 2 })    = keyLen − queryLen
 *     1 0 0 0 0              1 1 1 0 0
 *     1 1 0 0 0              1 1 1 1 0
 *     1 1 1 0 0              1 1 1 1 1
 *
 * Throws `RANGE`.
 */
export function causal({ offset = 0 }: { offset?: number } = {}): Mask {
  if (!Number.isInteger(offset)) throw new FoveaError("RANGE", `causal: offset must be a whole number, got ${offset}`);
  return { kind: "causal", offset };
}

/**
 * Query i sees key j if |i − j| ≤ size; together with `causal`, those not later than i + offset and at most `size` before it.
 * Throws `RANGE`.
 *
 *     window(1)              all(causal(), window(1))
 *     1 1 0 0                1 0 0 0
 *     1 1 1 0                1 1 0 0
 *     0 1 1 1                0 1 1 0
 *     0 0 1 1                0 0 1 1
 */
export function window(size: number): Mask {
  if (!Number.isInteger(size) || size < 0)
    throw new FoveaError("RANGE", `window: size must be a whole number of at least 0, got ${size}`);
  return { kind: "window", size };
}

/** Of item b of the batch the first `lengths[b]` keys are seen: the others are padding. */
export function lengths(lengths: ArrayLike<number>): Mask {
  return { kind: "lengths", lengths };
}

/**
 * With a window: the first `count` keys stay seen, so that a stream can run on for ever (Xiao et al. 2024). Without one it changes nothing. Throws `RANGE`.
 *
 *     all(causal(), window(1), sinks(1))
 *     1 0 0 0 0
 *     1 1 0 0 0
 *     1 1 1 0 0
 *     1 0 1 1 0
 *     1 0 0 1 1
 */
export function sinks(count: number): Mask {
  if (!Number.isInteger(count) || count < 0)
    throw new FoveaError("RANGE", `sinks: count must be a whole number of at least 0, got ${count}`);
  return { kind: "sinks", count };
}

/**
 * Several documents packed into one sequence: a query sees the keys of its own. `ids[i]` is token i's document, for all items or for each of
 * them; a document's tokens follow each other. Throws `RANGE` where a document is taken up again.
 *
 *     documents([7, 7, 9, 9, 9])
 *     1 1 0 0 0
 *     1 1 0 0 0
 *     0 0 1 1 1
 *     0 0 1 1 1
 *     0 0 1 1 1
 */
export function documents(ids: ArrayLike<number> | readonly ArrayLike<number>[]): Mask {
  const items = isNested(ids) ? ids : [ids];
  for (const item of items) expectRuns(item);
  return { kind: "documents", ids: items };
}

/**
 * The same, said by where documents start: `cuSeqlens` begins with 0 and ends with the sequence's length, as flash-attention's does. Throws
 * `RANGE`.
 */
export function packed(cuSeqlens: ArrayLike<number>): Mask {
  const ends = Array.from(cuSeqlens);
  if (ends.length < 2 || ends[0] !== 0 || ends.some((end, i) => !Number.isInteger(end) || end < (ends[i - 1] ?? 0)))
    throw new FoveaError("RANGE", `packed: cuSeqlens must begin with 0 and never fall, got [${ends.join(", ")}]`);
  return documents(ends.slice(1).flatMap((end, document) => Array<number>(end - ends[document]!).fill(document)));
}

/**
 * Prefix-LM (Raffel et al. 2020): everybody sees the first `lengths` keys, one number or one for each item, and what comes behind them is
 * causal. Throws `RANGE`.
 *
 *     prefix(2)
 *     1 1 0 0
 *     1 1 0 0
 *     1 1 1 0
 *     1 1 1 1
 */
export function prefix(lengths: ArrayLike<number> | number, { offset = 0 }: { offset?: number } = {}): Mask {
  const all = typeof lengths === "number" ? [lengths] : Array.from(lengths);
  const wrong = [...all, offset].find((length) => !Number.isInteger(length)) ?? all.find((length) => length < 0);
  if (wrong !== undefined)
    throw new FoveaError("RANGE", `prefix: lengths must be whole numbers of at least 0, and offset a whole number, got ${wrong}`);
  return { kind: "prefix", lengths: typeof lengths === "number" ? lengths : all, offset };
}

/**
 * ALiBi (Press, Smith and Lewis 2022): takes `slopes[h] · |i + offset − j|` off the scores of head h, computed as they are needed and stored
 * nowhere. `slopes` has numHeads entries, finite. Throws `RANGE`.
 */
export function slopes(slopes: ArrayLike<number>, { offset = 0 }: { offset?: number } = {}): Mask {
  const wrong = Array.from(slopes).find((slope) => !Number.isFinite(slope));
  if (wrong !== undefined) throw new FoveaError("RANGE", `slopes: slopes must be finite, got ${wrong}`);
  if (!Number.isInteger(offset)) throw new FoveaError("RANGE", `slopes: offset must be a whole number, got ${offset}`);
  return { kind: "slopes", slopes, offset };
}

/** A bool tensor, true where a query **may** attend; broadcast to `[batch, numHeads, queryLen, keyLen]` as NumPy does. */
export function keep(mask: Tensor): Mask {
  return { kind: "keep", mask };
}

/** A bool tensor, true where a query may **not** attend; broadcast to `[batch, numHeads, queryLen, keyLen]` as NumPy does. */
export function drop(mask: Tensor): Mask {
  return { kind: "drop", mask };
}

/**
 * Numbers added to the scores, broadcast to `[batch, numHeads, queryLen, keyLen]` as NumPy does; they get a gradient. −∞ masks.
 */
export function bias(bias: Tensor): Mask {
  return { kind: "bias", bias };
}

/** A key is seen if every mask lets it be seen; biases add up. */
export function all(...masks: readonly (Mask | null | undefined)[]): Mask {
  return { kind: "all", masks: masks.filter((mask) => mask != null) };
}

function isNested(ids: ArrayLike<number> | readonly ArrayLike<number>[]): ids is readonly ArrayLike<number>[] {
  return typeof ids[0] === "object";
}

function expectRuns(ids: ArrayLike<number>): void {
  const seen = new Set<number>();
  for (let i = 0; i < ids.length; i += 1) {
    if (i > 0 && ids[i] === ids[i - 1]) continue;
    if (seen.has(ids[i]!))
      throw new FoveaError(
        "RANGE",
        `documents: a document's tokens must follow each other, got document ${ids[i]} again at token ${i}`,
      );
    seen.add(ids[i]!);
  }
}

import { FoveaError } from "../runtime/errors.ts";
import { keepAlive } from "../tensor/scope.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";

export interface KeyValueCacheOptions {
  /** Room for so many tokens, taken at once; a longer sequence is refused. Left out: the cache doubles as it needs to. */
  maxLen?: number | null;
}

/** Tokens a growing cache first has room for. */
const FIRST_ROOM = 16;

/**
 * The keys and values of the tokens so far, so that decoding projects and attends for the new ones alone. One for each attention. It holds
 * numbers, not their graph: nothing that goes through it has a gradient.
 *
 *     const cache = new KeyValueCache();
 *     const { out } = attention.step(prompt, cache);      // [batch, promptLen, embedDim]
 *     const next = attention.step(token, cache);          // [batch, 1, embedDim]
 */
export class KeyValueCache {
  readonly maxLen: number | null;
  #length = 0;
  #key: Tensor | null = null;
  #value: Tensor | null = null;

  /** Throws `RANGE`. */
  constructor({ maxLen = null }: KeyValueCacheOptions = {}) {
    if (maxLen !== null && !(Number.isInteger(maxLen) && maxLen >= 1))
      throw new FoveaError("RANGE", `KeyValueCache: maxLen must be a whole number of at least 1, got ${maxLen}`);
    this.maxLen = maxLen;
  }

  /** Tokens in it. */
  get length(): number {
    return this.#length;
  }

  /**
   * Takes over the values of `key` and `value`, `[batch, newLen, numKvHeads, headDim]`, behind those that are there, and lends all: `[batch, room, …]`, of
   * which the first `length` tokens count. Throws `RANGE` if `maxLen` is passed, `SHAPE` if they are of another batch or other heads; nothing has
   * changed then.
   */
  append(key: Tensor, value: Tensor): { key: Tensor; value: Tensor } {
    const length = this.#length + key.shape[1]!;
    if (this.maxLen !== null && length > this.maxLen)
      throw new FoveaError("RANGE", `KeyValueCache: there is room for maxLen = ${this.maxLen} tokens, got ${length}`);
    for (const [held, given] of [
      [this.#key, key],
      [this.#value, value],
    ] as const)
      if (held && !sameShape(held.shape.with(1, 1), given.shape.with(1, 1)))
        throw new FoveaError(
          "SHAPE",
          `KeyValueCache: batch, heads and width must be those of the tokens in it, got ${formatShape(given.shape)} behind ${formatShape(held.shape)}`,
        );
    const room = this.maxLen ?? roomFor(length, this.#key?.shape[1] ?? FIRST_ROOM);
    this.#key = put(this.#key, key, this.#length, room);
    this.#value = put(this.#value, value, this.#length, room);
    this.#length = length;
    return { key: this.#key, value: this.#value };
  }

  /** What is lent: nothing before the first token. */
  get held(): { key: Tensor; value: Tensor } | null {
    return this.#key && this.#value && { key: this.#key, value: this.#value };
  }

  /** Makes item `items[b]` of the batch item b: beams that go on, some of them more than once. Throws `RANGE`. */
  select(items: readonly number[]): void {
    const batch = this.#key?.shape[0] ?? 0;
    const wrong = items.find((item) => !Number.isInteger(item) || item < 0 || item >= batch);
    if (wrong !== undefined)
      throw new FoveaError("RANGE", `KeyValueCache: items must be from 0 to ${batch - 1} of the batch, got ${wrong}`);
    if (items.length === batch && items.every((item, b) => item === b)) return;
    this.#key = this.#key && chosen(this.#key, items);
    this.#value = this.#value && chosen(this.#value, items);
  }

  /** Forgets all tokens after the first `length`, as beam search and speculative decoding do. Throws `RANGE`. */
  truncate(length = 0): void {
    if (!Number.isInteger(length) || length < 0 || length > this.#length)
      throw new FoveaError("RANGE", `KeyValueCache: length must be from 0 to ${this.#length}, got ${length}`);
    this.#length = length;
  }

  /** Frees its memory; it is empty afterwards and can be used again. */
  dispose(): void {
    this.#key?.dispose();
    this.#value?.dispose();
    [this.#key, this.#value, this.#length] = [null, null, 0];
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function roomFor(length: number, room: number): number {
  let enough = room;
  while (enough < length) enough *= 2;
  return enough;
}

/** `given` at token `at` of `held`, or of a larger copy of it. */
function put(held: Tensor | null, given: Tensor, at: number, room: number): Tensor {
  const [batch, newLen, ...rest] = given.shape as [number, number, ...number[]];
  const width = rest.reduce((a, b) => a * b, 1);
  const roomy = held && held.shape[1]! >= room ? held : keepAlive(empty([batch, room, ...rest]));
  if (roomy !== held) {
    roomy.view().fill(0); // what lies beyond the tokens is masked, but a NaN there would be looked at with care
    if (held) copyTokens(held, roomy, { from: 0, to: 0, count: at, width });
    held?.dispose();
  }
  copyTokens(given, roomy, { from: 0, to: at, count: newLen, width });
  return roomy;
}

function chosen(held: Tensor, items: readonly number[]): Tensor {
  const out = keepAlive(empty(held.shape.with(0, items.length)));
  const size = held.length / held.shape[0]!;
  const [source, target] = [held.view(), out.view()];
  for (const [b, item] of items.entries()) target.set(source.subarray(item * size, (item + 1) * size), b * size);
  held.dispose();
  return out;
}

function copyTokens(
  x: Tensor,
  out: Tensor,
  { from, to, count, width }: { from: number; to: number; count: number; width: number },
): void {
  const [source, target] = [x.view(), out.view()];
  for (let item = 0; item < x.shape[0]!; item += 1) {
    const start = (item * x.shape[1]! + from) * width;
    target.set(source.subarray(start, start + count * width), (item * out.shape[1]! + to) * width);
  }
}

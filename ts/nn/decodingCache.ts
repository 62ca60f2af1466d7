import { FoveaError } from "../runtime/errors.ts";
import { KeyValueCache, type KeyValueCacheOptions } from "./keyValueCache.ts";

/** What one layer keeps: keys and values of the tokens so far, and in a decoder those of the memory, which never change. */
export interface LayerCache {
  readonly own: KeyValueCache;
  readonly memory: KeyValueCache;
}

/**
 * The caches of all layers of a stack, for one decoding: they are made as the layers ask for them.
 *
 *     using cache = new DecodingCache();
 *     decoder.step(prompt, memory, cache);               // [batch, promptLen, dModel]
 *     const next = decoder.step(token, memory, cache);   // [batch, 1, dModel]
 */
export class DecodingCache {
  readonly #layers: LayerCache[] = [];
  readonly #options: KeyValueCacheOptions;

  /** `maxLen` as `KeyValueCache`'s. Throws `RANGE`. */
  constructor(options: KeyValueCacheOptions = {}) {
    new KeyValueCache(options); // refuses a maxLen that is none
    this.#options = options;
  }

  /** Tokens in it. */
  get length(): number {
    return this.#layers[0]?.own.length ?? 0;
  }

  /** The caches of the layer `index` of the stack. */
  layer(index: number): LayerCache {
    for (let i = this.#layers.length; i <= index; i += 1)
      this.#layers.push({ own: new KeyValueCache(this.#options), memory: new KeyValueCache() });
    return this.#layers[index]!;
  }

  /** Makes item `items[b]` of the batch item b, in all layers: what beam search does with the beams that go on. Throws `RANGE`. */
  select(items: readonly number[]): void {
    for (const { own, memory } of this.#layers) {
      own.select(items);
      if (memory.length > 0) memory.select(items);
    }
  }

  /** Forgets all tokens after the first `length`; what is known of the memory stays. Throws `RANGE`. */
  truncate(length = 0): void {
    if (this.#layers.length === 0 && length !== 0)
      throw new FoveaError("RANGE", `DecodingCache: length must be 0, nothing is in it, got ${length}`);
    for (const { own } of this.#layers) own.truncate(length);
  }

  /** Frees its memory; it is empty afterwards and can be used again. */
  dispose(): void {
    for (const { own, memory } of this.#layers) {
      own.dispose();
      memory.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

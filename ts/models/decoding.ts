import { DecodingCache } from "../nn/decodingCache.ts";
import { drop, type Mask } from "../ops/mask.ts";
import type { Place } from "../positional/places.ts";
import { FoveaError } from "../runtime/errors.ts";
import { tensor } from "../tensor/create.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { keepAlive, scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Texts that a model goes on with, one token after the other: what `generate` and `beamSearch` ask of it. They free it when they are done. */
export interface Decoding extends Disposable {
  /**
   * Takes up the new tokens of each text, int32 `[batch, newLen]`, and gives the scores of the token that follows, `[batch, vocabSize]`. In the first
   * step texts of unlike length have padding in front: so many tokens of each.
   */
  step(ids: Tensor, padding?: readonly number[]): Tensor;
  /** From now on text `items[b]` is text b: some go on more than once, some no further. */
  select(items: readonly number[]): void;
}

/** Where new tokens stand and which of those before are none. */
export interface DecodingPlaces {
  readonly place?: Place;
  readonly mask?: Mask;
}

/** Decoding by the layers' caches. */
export class CachedDecoding implements Decoding {
  readonly #cache = new DecodingCache();
  readonly #run: (ids: Tensor, cache: DecodingCache, places: DecodingPlaces) => Tensor;
  readonly #onSelect: (items: readonly number[]) => void;
  readonly #onDispose: () => void;
  #padding: readonly number[] | null = null;

  /** `run` gives the logits of the last of the new tokens, `[batch, 1, vocabSize]`; the others say what else belongs to each text. */
  constructor(
    run: (ids: Tensor, cache: DecodingCache, places: DecodingPlaces) => Tensor,
    { onSelect = () => {}, onDispose = () => {} }: { onSelect?: (items: readonly number[]) => void; onDispose?: () => void } = {},
  ) {
    this.#run = run;
    this.#onSelect = onSelect;
    this.#onDispose = onDispose;
  }

  step(ids: Tensor, padding?: readonly number[]): Tensor {
    if (padding?.some((length) => length > 0)) this.#padding = padding;
    return noGrad(() =>
      scope(() => {
        const logits = this.#run(ids, this.#cache, this.#padding ? this.#places(ids, this.#padding) : {});
        return logits.reshape([logits.shape[0]!, logits.shape[2]!]);
      }),
    );
  }

  select(items: readonly number[]): void {
    this.#cache.select(items);
    this.#padding = this.#padding && items.map((item) => this.#padding![item]!);
    this.#onSelect(items);
  }

  [Symbol.dispose](): void {
    this.#cache.dispose();
    this.#onDispose();
  }

  /** The first real token of each text stands at 0, and nobody sees the padding before it. */
  #places(ids: Tensor, padding: readonly number[]): DecodingPlaces {
    const [batch, newLen] = ids.shape as [number, number];
    const [before, keyLen] = [this.#cache.length, this.#cache.length + newLen];
    const place = Int32Array.from({ length: batch * newLen }, (_, at) =>
      Math.max(0, before + (at % newLen) - padding[Math.floor(at / newLen)]!),
    );
    const hidden = Uint8Array.from({ length: batch * keyLen }, (_, at) =>
      Number(at % keyLen < padding[Math.floor(at / keyLen)]!),
    );
    return {
      place: tensor(place, [batch, newLen]),
      mask: drop(tensor(hidden, [batch, 1, 1, keyLen], { dtype: "bool" })),
    };
  }
}

/** Throws `SHAPE` unless there is a prompt for each source that a decoding was made from. */
export function expectPromptEach(op: string, ids: Tensor, memory: Tensor): void {
  const [prompts, sources] = [ids.shape[0], memory.shape[0]];
  if (prompts !== sources)
    throw new FoveaError("SHAPE", `${op}: prompts must be as many as sources, got ${prompts} and ${sources}`);
}

/** Rows `items` of the first axis of `x`, in its place: it is freed. */
export function selectRows(x: Tensor, items: readonly number[]): Tensor {
  const size = x.length / x.shape[0]!;
  const [values, from] = [new Float32Array(items.length * size), x.view()];
  for (const [row, item] of items.entries()) values.set(from.subarray(item * size, (item + 1) * size), row * size);
  const out = keepAlive(tensor(values, x.shape.with(0, items.length)));
  x.dispose();
  return out;
}

/** The rows of `x [batch, width]`, lent. */
export function rowsOf(x: Tensor): Float32Array[] {
  const [batch, width] = x.shape as [number, number];
  const values = x.view() as Float32Array;
  return Array.from({ length: batch }, (_, row) => values.subarray(row * width, (row + 1) * width));
}

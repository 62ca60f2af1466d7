import { type AttentionResult, scaledDotProductAttention } from "../ops/attention.ts";
import { all, lengths, type Mask } from "../ops/mask.ts";
import { narrow } from "../ops/narrow.ts";
import type { Places } from "../positional/places.ts";
import { FoveaError } from "../runtime/errors.ts";
import { zeros } from "../tensor/create.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { type HeadProjection, projectHeads, projectPart } from "./headProjection.ts";
import type { KeyValueCache } from "./keyValueCache.ts";
import type { Positional } from "./positional.ts";

/** The attention module as the cache needs it. */
interface Attending extends HeadProjection {
  readonly positional: Positional | null;
  readonly scale: number | undefined;
}

interface CachedCall {
  readonly mask?: Mask | null | undefined;
  readonly places?: Places | undefined;
  readonly needWeights?: boolean;
  readonly dropout: number;
}

/** The new tokens `x` take up their place in the cache and attend to all in it. Keys are cached as they are multiplied, rotated where they stand. */
export function attendCached(attention: Attending, x: Tensor, cache: KeyValueCache, call: CachedCall): AttentionResult {
  const before = cache.length;
  const places = { query: before, key: before, ...call.places };
  const [q, k, v] = projectHeads([x, x, x], attention);
  const [placedQuery, placedKey] = attention.positional?.rotate(q, k, places) ?? [q, k];
  const held = cache.append(placedKey, v);
  return attend(attention, { asProjected: q, placed: placedQuery }, held, cache.length, { ...call, places: { query: before } });
}

/**
 * `query` attends to `[key, value]`, projected in the first call; later ones read them from the cache and look no further than at
 * their shapes. Throws `SHAPE` if they have changed.
 */
export function attendMemory(
  attention: Attending,
  query: Tensor,
  [key, value]: readonly [key: Tensor, value: Tensor],
  cache: KeyValueCache,
  call: CachedCall,
): AttentionResult {
  expectSameMemory(query, [key, value], cache);
  const q = projectPart(query, 0, attention);
  const first = cache.length === 0;
  // Keys in the cache stand where they stood: the query alone is placed, for which it may pass as a key.
  const [k, places] = first
    ? [projectPart(key, 1, attention), call.places]
    : [q, { query: call.places?.query, key: call.places?.query }];
  const [placedQuery, placedKey] = attention.positional?.rotate(q, k, places) ?? [q, k];
  const held = first ? cache.append(placedKey, projectPart(value, 2, attention)) : cache.held!;
  return attend(attention, { asProjected: q, placed: placedQuery }, held, cache.length, call);
}

/** Over the first `length` of the keys that there is room for. */
function attend(
  { positional, scale }: Attending,
  query: { readonly asProjected: Tensor; readonly placed: Tensor },
  held: { readonly key: Tensor; readonly value: Tensor },
  length: number,
  { mask, places, needWeights = false, dropout }: CachedCall,
): AttentionResult {
  const [batch, room] = held.key.shape as [number, number];
  const seen = all(lengths(Array<number>(batch).fill(length)), mask && overRoom(mask, length, room));
  const result = scaledDotProductAttention(query.placed, held.key, held.value, {
    mask: positional ? positional.addToMask(seen, query.asProjected, held.key, { ...places, scale }) : seen,
    scale,
    dropout,
    needWeights: needWeights || (positional?.hasValues ?? false),
  });
  const { out, weights } = positional?.addToOut(result, room, places) ?? result;
  return needWeights ? { out, weights: narrow(weights!, { axis: 3, start: 0, length }) } : { out };
}

/** A mask of `length` keys for `room` of them, of which the others are masked by length already. */
function overRoom(mask: Mask, length: number, room: number): Mask {
  if (mask.kind === "all") return all(...mask.masks.map((each) => overRoom(each, length, room)));
  if (mask.kind === "bias") return { ...mask, bias: wider(mask.bias, length, room) };
  if (mask.kind === "keep" || mask.kind === "drop") return { ...mask, mask: wider(mask.mask, length, room) };
  return mask;
}

function wider(x: Tensor, length: number, room: number): Tensor {
  if (x.shape.at(-1) !== length || length === room || length === 1) return x;
  const out = x.dtype === "bool" ? empty(x.shape.with(-1, room), "bool") : zeros(x.shape.with(-1, room));
  const [from, to] = [x.view(), out.view()];
  for (let row = 0; row * length < x.length; row += 1) to.set(from.subarray(row * length, (row + 1) * length), row * room);
  return out;
}

function expectSameMemory(query: Tensor, [key, value]: readonly [Tensor, Tensor], cache: KeyValueCache): void {
  const rows = [cache.held?.key.shape[0] ?? query.shape[0]!, cache.held ? cache.length : key.shape[1]!];
  for (const [name, x] of Object.entries({ key, value }))
    if (!sameShape(x.shape.slice(0, 2), rows))
      throw new FoveaError(
        "SHAPE",
        `MultiheadAttention: ${name} must be [${rows.join(", ")}, width], as the memory in the cache, got ${formatShape(x.shape)}`,
      );
}

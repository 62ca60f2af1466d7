import { FoveaError } from "../runtime/errors.ts";
import { expectDType, formatShape, type Shape, sameShape } from "../tensor/shape.ts";
import { expectAlive, Tensor } from "../tensor/tensor.ts";

/** Where tokens stand: the position of the first, the others following it; or that of each, int32 `[length]` or `[batch, length]`. */
export type Place = number | Tensor;

/**
 * Where the queries and the keys of attention stand, from 0 each if left out. Queries that continue a key-value cache or a memory of
 * n keys stand at `query: n`.
 */
export interface Places {
  readonly query?: Place | undefined;
  readonly key?: Place | undefined;
}

/** Positions, and the axes they have: `[length]` if all items of a batch share them, else `[batch, length]`. */
export interface TokenPositions {
  readonly shape: Shape;
  readonly values: Int32Array;
}

/** The position of each of `length` tokens of `batch` items. Throws `RANGE`, `SHAPE`, `DTYPE`, `DISPOSED`. */
export function positionsAt(op: string, place: Place, batch: number, length: number): TokenPositions {
  if (typeof place === "number") {
    expectWhole(op, place);
    return { shape: [length], values: Int32Array.from({ length }, (_, i) => place + i) };
  }
  expectAlive(op, place);
  expectDType(op, { positions: place }, "int32");
  const { shape } = place;
  if (!sameShape(shape, [length]) && !sameShape(shape, [batch, length]))
    throw new FoveaError("SHAPE", `${op}: positions must be [${length}] or [${batch}, ${length}], got ${formatShape(shape)}`);
  return { shape, values: Int32Array.from(place.view()) };
}

/**
 * How far the first query stands behind the first key: all that encodings of distances need to know. Throws `RANGE` for positions
 * given one by one.
 */
export function queryOffset(op: string, { query = 0, key = 0 }: Places): number {
  for (const place of [query, key]) {
    if (place instanceof Tensor)
      throw new FoveaError(
        "RANGE",
        `${op}: give the position of the first token as a number, got ${place}; the others follow it`,
      );
    expectWhole(op, place);
  }
  return Number(query) - Number(key);
}

function expectWhole(op: string, place: number): void {
  if ((place | 0) !== place) throw new FoveaError("RANGE", `${op}: positions must be whole numbers of 32 bits, got ${place}`);
}

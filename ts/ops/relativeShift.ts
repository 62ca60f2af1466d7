import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { zeros } from "../tensor/create.ts";
import { scope } from "../tensor/scope.ts";
import { expectRankAtLeast, formatShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { count, expectFloat } from "./checks.ts";
import { concat } from "./concat.ts";
import { narrow } from "./narrow.ts";
import { arrange } from "./strided.ts";

/**
 * From columns that are distances to columns that are keys: `x [..., queryLen, span]`, out `[..., queryLen, keyLen]`, row i moved
 * left by `queryLen − 1 − i` (Dai et al. 2019; Huang et al. 2019). Distances of 3 queries from 4 keys:
 *
 *     x                      out[i, j] = x[i, j + queryLen − 1 − i]
 *     2 1 0 −1 −2 −3         0 −1 −2 −3
 *     2 1 0 −1 −2 −3         1  0 −1 −2
 *     2 1 0 −1 −2 −3         2  1  0 −1
 *
 * All of `out` needs `span = queryLen + keyLen − 1`. Under a causal mask the first `keyLen` columns will do: what lies beyond them, in
 * the upper right corner, is a 0 and values of the row below, as in the authors' code. Throws `RANK`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function relativeShift(x: Tensor, { keyLen }: { keyLen: number }): Tensor {
  const { leading, rows: queryLen, cols: span } = splitShape("relativeShift", x);
  if (!(Number.isInteger(keyLen) && keyLen >= 0 && keyLen <= span))
    throw new FoveaError(
      "RANGE",
      `relativeShift: keyLen must be from 0 to span = ${span}, got ${keyLen} for x ${formatShape(x.shape)}`,
    );
  if (span < queryLen + keyLen - 1) return shiftWithCorner(x, leading, keyLen);
  const sizes = { pieces: count(leading), queryLen, keyLen, span };
  const out = empty([...leading, queryLen, keyLen]);
  toKeys(x, out, sizes);
  return record(out, [x], [], (dOut, grads) => {
    const dX = grads.empty(0);
    toDistances(dOut, dX, sizes);
    return [dX];
  });
}

/**
 * From columns that are keys to columns that are distances, what `relativeShift` undoes: `x [..., queryLen, keyLen]`, out `[...,
 * queryLen, queryLen + keyLen − 1]`, 0 at distances that a query has no key at. Of 3 queries and 4 keys:
 *
 *     a b c d                0 0 a b c d
 *     e f g h                0 e f g h 0
 *     i j k l                i j k l 0 0
 *
 * Throws `RANK`, `DTYPE`, `DISPOSED`.
 */
export function relativeUnshift(x: Tensor): Tensor {
  const { leading, rows: queryLen, cols: keyLen } = splitShape("relativeUnshift", x);
  const span = Math.max(0, queryLen + keyLen - 1);
  const sizes = { pieces: count(leading), queryLen, keyLen, span };
  const out = empty([...leading, queryLen, span]);
  toDistances(x, out, sizes);
  return record(out, [x], [], (dOut, grads) => {
    const dX = grads.empty(0);
    toKeys(dOut, dX, sizes);
    return [dX];
  });
}

interface Sizes {
  readonly pieces: number;
  readonly queryLen: number;
  readonly keyLen: number;
  readonly span: number;
}

/** Each row of `byKey` from where it lies in `byDistance`: one element further to the left than in the row before. */
function toKeys(byDistance: Tensor, byKey: Tensor, sizes: Sizes): void {
  const axes = axesOf(sizes).map(({ size, distances, keys }) => ({ size, x: distances, out: keys }));
  arrange(byDistance, byKey, { axes, xOffset: sizes.queryLen - 1 });
}

/** The way back; 0 around the rows. */
function toDistances(byKey: Tensor, byDistance: Tensor, sizes: Sizes): void {
  if (byDistance.length > 0) kernels.fill({ out: byDistance, n: byDistance.length, value: 0 });
  const axes = axesOf(sizes).map(({ size, distances, keys }) => ({ size, x: keys, out: distances }));
  arrange(byKey, byDistance, { axes, outOffset: sizes.queryLen - 1 });
}

/** Pieces, queries and keys: how far apart they lie. */
function axesOf({ pieces, queryLen, keyLen, span }: Sizes): { size: number; distances: number; keys: number }[] {
  return [
    { size: pieces, distances: queryLen * span, keys: queryLen * keyLen },
    { size: queryLen, distances: span - 1, keys: keyLen },
    { size: keyLen, distances: 1, keys: 1 },
  ];
}

/** The authors' way: one column more, and rows of the same memory, cut to the old width, begin one further to the left each. */
function shiftWithCorner(x: Tensor, leading: readonly number[], keyLen: number): Tensor {
  const [queryLen, span] = x.shape.slice(-2) as [number, number];
  return scope(() => {
    const padded = concat([zeros([...leading, queryLen, 1]), x], { axis: -1 });
    const cut = narrow(padded.reshape([...leading, span + 1, queryLen]), { axis: -2, start: 1, length: span });
    const shifted = cut.reshape([...leading, queryLen, span]);
    return keyLen === span ? shifted : narrow(shifted, { axis: -1, start: 0, length: keyLen });
  });
}

function splitShape(op: string, x: Tensor): { leading: number[]; rows: number; cols: number } {
  expectFloat(op, { x });
  expectRankAtLeast(op, { x }, 2);
  const [rows, cols] = x.shape.slice(-2) as [number, number];
  return { leading: x.shape.slice(0, -2), rows, cols };
}

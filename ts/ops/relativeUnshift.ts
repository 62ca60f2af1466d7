import { zeros } from "../tensor/create.ts";
import { scope } from "../tensor/scope.ts";
import { expectRankAtLeast } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { count, expectFloat } from "./checks.ts";
import { concat } from "./concat.ts";
import { narrow } from "./narrow.ts";

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
  expectFloat("relativeUnshift", { x });
  expectRankAtLeast("relativeUnshift", { x }, 2);
  const leading = x.shape.slice(0, -2);
  const [queryLen, keyLen] = x.shape.slice(-2) as [number, number];
  const span = Math.max(0, queryLen + keyLen - 1);
  return scope(() => {
    // relativeShift's way back: rows of the same memory, cut one wider, begin one further to the right than the row before.
    const padded = concat([x, zeros([...leading, queryLen, Math.max(0, queryLen - 1)])], { axis: -1 });
    const flat = padded.reshape([count(leading), queryLen * span]);
    const delayed = concat([zeros([count(leading), queryLen]), flat], { axis: 1 });
    return narrow(delayed.reshape([...leading, queryLen, span + 1]), { axis: -1, start: 1, length: span });
  });
}

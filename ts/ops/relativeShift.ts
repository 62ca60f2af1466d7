import { FoveaError } from "../runtime/errors.ts";
import { zeros } from "../tensor/create.ts";
import { scope } from "../tensor/scope.ts";
import { expectRankAtLeast, formatShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";
import { concat } from "./concat.ts";
import { narrow } from "./narrow.ts";

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
  expectFloat("relativeShift", { x });
  expectRankAtLeast("relativeShift", { x }, 2);
  const leading = x.shape.slice(0, -2);
  const [queryLen, span] = x.shape.slice(-2) as [number, number];
  if (!(Number.isInteger(keyLen) && keyLen >= 0 && keyLen <= span))
    throw new FoveaError(
      "RANGE",
      `relativeShift: keyLen must be from 0 to span = ${span}, got ${keyLen} for x ${formatShape(x.shape)}`,
    );
  return scope(() => {
    // One column more, and each row of the same memory, cut to the old width, begins one further to the left than the row before.
    const padded = concat([zeros([...leading, queryLen, 1]), x], { axis: -1 });
    const cut = narrow(padded.reshape([...leading, span + 1, queryLen]), { axis: -2, start: 1, length: span });
    const shifted = cut.reshape([...leading, queryLen, span]);
    return keyLen === span ? shifted : narrow(shifted, { axis: -1, start: 0, length: keyLen });
  });
}

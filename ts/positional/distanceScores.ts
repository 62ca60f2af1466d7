import { concat } from "../ops/concat.ts";
import { matmul } from "../ops/matmul.ts";
import { narrow } from "../ops/narrow.ts";
import { relativeShift } from "../ops/relativeShift.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * `query · vector of the distance to the key`, for every query and key, `[batch, numHeads, queryLen, keyLen]`. `query [batch,
 * queryLen, numHeads, headDim]`; `vectors [span, headDim]`, or `[numHeads, span, headDim]`, by ascending distance as
 * `relativeShift` wants them. A product with every distance, then moved into place: never a vector for each pair (Huang et al.
 * 2019).
 */
export function distanceScores(query: Tensor, vectors: Tensor, { keyLen }: { keyLen: number }): Tensor {
  return scope(() => relativeShift(matmul(headsFirst(query), vectors, { transposeB: true }), { keyLen }));
}

/** `[batch, length, numHeads, headDim]` to `[batch, numHeads, length, headDim]`, and back. */
export function headsFirst(x: Tensor): Tensor {
  const [batch, length, numHeads, headDim] = x.shape as [number, number, number, number];
  const heads = Array.from({ length: numHeads }, (_, start) => narrow(x, { axis: 2, start, length: 1 }));
  return concat(
    heads.map((head) => head.reshape([batch, 1, length, headDim])),
    { axis: 1 },
  );
}

// PyTorch's masks as descriptions: true means masked, floats are added to the scores.

import { bias, drop, type Mask } from "../ops/mask.ts";
import { FoveaError } from "../runtime/errors.ts";
import { expectShape, formatShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** `[batch, keyLen]`. Throws `SHAPE`, `DTYPE`. */
export function keyPaddingMask(mask: Tensor, { batch, keyLen }: { batch: number; keyLen: number }): Mask {
  expectShape("MultiheadAttention", { keyPaddingMask: mask }, [batch, keyLen]);
  return described("keyPaddingMask", mask, [batch, 1, 1, keyLen]);
}

/** `[queryLen, keyLen]` or `[batch · numHeads, queryLen, keyLen]`. Throws `RANK`, `SHAPE`, `DTYPE`. */
export function attnMask(
  mask: Tensor,
  { batch, numHeads, queryLen, keyLen }: { batch: number; numHeads: number; queryLen: number; keyLen: number },
): Mask {
  const rank = mask.shape.length;
  if (rank !== 2 && rank !== 3)
    throw new FoveaError("RANK", `MultiheadAttention: attnMask must have 2 or 3 axes, got ${formatShape(mask.shape)}`);
  const own = rank === 2 ? [queryLen, keyLen] : [batch * numHeads, queryLen, keyLen];
  expectShape("MultiheadAttention", { attnMask: mask }, own);
  return described("attnMask", mask, rank === 2 ? own : [batch, numHeads, queryLen, keyLen]);
}

function described(name: string, mask: Tensor, shape: readonly number[]): Mask {
  if (mask.dtype === "bool") return drop(mask.reshape(shape));
  if (mask.dtype === "float32") return bias(mask.reshape(shape));
  throw new FoveaError("DTYPE", `MultiheadAttention: ${name} must be bool or float32, got ${mask.dtype}`);
}

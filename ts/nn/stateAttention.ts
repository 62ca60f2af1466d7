// What attention over recurrent states has in common: one head, the states both keys and values, and queries one by one or all at once.

import { type AttentionResult, scaledDotProductAttention } from "../ops/attention.ts";
import { all, lengths, type Mask } from "../ops/mask.ts";
import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import { expectAxes, expectShape, formatShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface StateAttentionCall {
  /** Who may attend to whom, for scores of `[batch, 1, queryLen, keyLen]`. */
  mask?: Mask | null | undefined;
  /** How many states of each item are real: the same as `mask: lengths([…])`. */
  lengths?: ArrayLike<number> | null | undefined;
  /** Also give the attention weights. */
  needWeights?: boolean;
}

export interface StateAttentionResult {
  /** The context, a weighted mean of states: `[batch, queryLen, keySize]`, or `[batch, keySize]` for a query of two axes. */
  out: Tensor;
  /** `[batch, queryLen, keyLen]`, or `[batch, keyLen]`. */
  weights?: Tensor;
}

/**
 * Checks `query [batch, queryLen, querySize]`, or `[batch, querySize]` for one step, and `keys [batch, keyLen, keySize]`, runs `attend` with three
 * axes of both, and gives back what a query of that kind expects.
 */
export function attendToStates(
  op: string,
  [query, querySize]: readonly [Tensor, number],
  [keys, keySize]: readonly [Tensor, number],
  call: StateAttentionCall,
  attend: (query: Tensor, options: { mask: Mask | null; needWeights: boolean }) => AttentionResult,
): StateAttentionResult {
  expectAxes(op, { keys }, ["batch", "keyLen", "keySize"]);
  const [batch, keyLen] = keys.shape as [number, number];
  expectShape(op, { keys }, [batch, keyLen, keySize]);
  const step = query.shape.length === 2;
  const queryLen = step ? 1 : query.shape[1]!;
  if (!step && query.shape.length !== 3)
    throw new FoveaError(
      "RANK",
      `${op}: query must be [batch, queryLen, querySize] or [batch, querySize], got ${formatShape(query.shape)}`,
    );
  expectShape(op, { query }, step ? [batch, querySize] : [batch, queryLen, querySize]);
  const { mask = null, lengths: own, needWeights = false } = call;
  return scope(() => {
    const combined = own ? all(mask, lengths(own)) : mask;
    const { out, weights } = attend(query.reshape([batch, queryLen, querySize]), { mask: combined, needWeights });
    const lead = step ? [batch] : [batch, queryLen];
    return { out: out.reshape([...lead, keySize]), ...(weights && { weights: weights.reshape([...lead, keyLen]) }) };
  });
}

/** Attention of one head: `query` and `keys` have three axes, and `values` are what the weights are of. */
export function oneHead(
  query: Tensor,
  keys: Tensor,
  values: Tensor,
  options: { mask: Mask | null; needWeights: boolean },
): AttentionResult {
  const [head, ...others] = [query, keys, values].map((x) => x.reshape([x.shape[0]!, x.shape[1]!, 1, x.shape[2]!]));
  return scaledDotProductAttention(head!, others[0]!, others[1]!, { ...options, scale: 1 });
}

import { tanh } from "../ops/activations.ts";
import { add } from "../ops/add.ts";
import { all, bias } from "../ops/mask.ts";
import { zeros } from "../tensor/create.ts";
import { expectShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { attendToStates, oneHead, type StateAttentionCall, type StateAttentionResult } from "./stateAttention.ts";

export interface BahdanauAttentionCall extends StateAttentionCall {
  /** What `projectKeys(keys)` gave: a decoder of many steps projects the states once. */
  projectedKeys?: Tensor | null | undefined;
}

/**
 * Additive attention of a decoder over an encoder's states (Bahdanau, Cho and Bengio 2015), for `query` q and states h₁, h₂, …:
 *
 *     score(q, hⱼ) = vᵀ tanh(W q + U hⱼ)
 *     weights = softmax(scores over those states that count)
 *     out = Σⱼ weightⱼ hⱼ
 *
 * Additive scores are no product, so `[batch, queryLen, keyLen, hiddenSize]` is computed and kept for backward; softmax and
 * weighted sum are the fused attention kernel. A query that may attend to nothing gives 0, with weights and gradients of 0.
 *
 *     const projectedKeys = attention.projectKeys(states);
 *     for (…) {
 *       const { out: context } = attention.forward(h, states, { lengths, projectedKeys }); // h [batch, querySize]
 *       ({ h } = cell.forward(concat([embedded, context], { axis: 1 }), { h }));
 *     }
 */
export class BahdanauAttention extends Module {
  /** W, `[hiddenSize, querySize]`. */
  readonly queryProj: Linear;
  /** U, `[hiddenSize, keySize]`. */
  readonly keyProj: Linear;
  /** v, `[1, hiddenSize]`. */
  readonly score: Linear;
  readonly querySize: number;
  readonly keySize: number;

  constructor(querySize: number, keySize: number, hiddenSize: number) {
    super();
    this.querySize = querySize;
    this.keySize = keySize;
    this.queryProj = new Linear(querySize, hiddenSize, { bias: false });
    this.keyProj = new Linear(keySize, hiddenSize, { bias: false });
    this.score = new Linear(hiddenSize, 1, { bias: false });
  }

  /** U h of every state: `keys [batch, keyLen, keySize]`, out `[batch, keyLen, hiddenSize]`. Throws `SHAPE`, `DTYPE`, `DISPOSED`. */
  projectKeys(keys: Tensor): Tensor {
    return this.keyProj.forward(keys);
  }

  /**
   * `query [batch, queryLen, querySize]`, or `[batch, querySize]` for one step of a decoder; `keys [batch, keyLen, keySize]`. Throws
   * `SHAPE`, `RANK`, `RANGE`, `MASK`, `DTYPE`, `DISPOSED`.
   */
  forward(query: Tensor, keys: Tensor, call: BahdanauAttentionCall = {}): StateAttentionResult {
    const { querySize, keySize } = this;
    return attendToStates("BahdanauAttention", [query, querySize], [keys, keySize], call, (queries, { mask, needWeights }) => {
      const [batch, queryLen] = queries.shape as [number, number];
      const keyLen = keys.shape[1]!;
      const scores = bias(this.#scores(queries, call.projectedKeys ?? this.projectKeys(keys), keyLen));
      // Scores that are given: attention to keys of 0 with these as the bias.
      const nothing = (length: number) => zeros([batch, length, 1]);
      return oneHead(nothing(queryLen), nothing(keyLen), keys, { mask: mask ? all(mask, scores) : scores, needWeights });
    });
  }

  /** `[batch, 1, queryLen, keyLen]`. */
  #scores(queries: Tensor, projectedKeys: Tensor, keyLen: number): Tensor {
    const [batch, queryLen] = queries.shape as [number, number];
    const hiddenSize = this.score.weight.shape[1]!;
    expectShape("BahdanauAttention", { projectedKeys }, [batch, keyLen, hiddenSize]);
    const projected = this.queryProj.forward(queries).reshape([batch, queryLen, 1, hiddenSize]);
    const hidden = tanh(add(projected, projectedKeys.reshape([batch, 1, keyLen, hiddenSize])));
    return this.score.forward(hidden).reshape([batch, 1, queryLen, keyLen]);
  }
}

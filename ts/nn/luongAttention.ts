import { FoveaError } from "../runtime/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { attendToStates, oneHead, type StateAttentionCall, type StateAttentionResult } from "./stateAttention.ts";

export interface LuongAttentionOptions {
  /** `"general"`: query · W · key, with a trained W; `"dot"`: query · key, of one size. */
  score?: "general" | "dot";
}

/**
 * Attention of a decoder over an encoder's states (Luong, Pham and Manning 2015), for `query` q and states h₁, h₂, …:
 *
 *     score(q, hⱼ) = qᵀ W hⱼ    or    qᵀ hⱼ
 *     weights = softmax(scores over those states that count)
 *     out = Σⱼ weightⱼ hⱼ
 *
 * It is the fused attention kernel with one head and scale 1, so memory grows with the length, not its square. A query that may
 * attend to nothing gives 0, with weights and gradients of 0.
 */
export class LuongAttention extends Module {
  /** W, `[keySize, querySize]`; null for `"dot"`. */
  readonly queryProj: Linear | null;
  readonly querySize: number;
  readonly keySize: number;

  /** Throws `RANGE`, `SHAPE` if the sizes differ and the score is `"dot"`. */
  constructor(querySize: number, keySize: number = querySize, { score = "general" }: LuongAttentionOptions = {}) {
    super();
    if (score !== "general" && score !== "dot")
      throw new FoveaError("RANGE", `LuongAttention: score must be "general" or "dot", got ${JSON.stringify(score)}`);
    if (score === "dot" && querySize !== keySize)
      throw new FoveaError(
        "SHAPE",
        `LuongAttention: querySize and keySize must be equal for score "dot", got ${querySize} and ${keySize}`,
      );
    this.querySize = querySize;
    this.keySize = keySize;
    this.queryProj = score === "general" ? new Linear(querySize, keySize, { bias: false }) : null;
  }

  /**
   * `query [batch, queryLen, querySize]`, or `[batch, querySize]` for one step of a decoder; `keys [batch, keyLen, keySize]`. Throws
   * `SHAPE`, `RANK`, `RANGE`, `MASK`, `DTYPE`, `DISPOSED`.
   */
  forward(query: Tensor, keys: Tensor, call: StateAttentionCall = {}): StateAttentionResult {
    const { querySize, keySize, queryProj } = this;
    return attendToStates("LuongAttention", [query, querySize], [keys, keySize], call, (queries, options) =>
      oneHead(queryProj ? queryProj.forward(queries) : queries, keys, keys, options),
    );
  }
}

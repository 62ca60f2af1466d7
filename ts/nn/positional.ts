import { add } from "../ops/add.ts";
import type { AttentionResult } from "../ops/attention.ts";
import { all, type Mask } from "../ops/mask.ts";
import { narrow } from "../ops/narrow.ts";
import type { Place, Places } from "../positional/places.ts";
import type { PositionalDims, PositionalEncoding, Positions } from "../positional/positionalEncoding.ts";
import { FoveaError } from "../runtime/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module, parameter } from "./module.ts";

/**
 * A positional encoding bound to a model's sizes, as a module: what the encoding trains is the module's. Modules that are given the
 * same one share it.
 */
export class Positional extends Module {
  /** The hooks it implements. */
  readonly positions: Positions;

  constructor(encoding: PositionalEncoding, dims: PositionalDims) {
    super();
    this.positions = encoding(dims);
    for (const [name, values] of Object.entries(this.positions.parameters ?? {}))
      Object.assign(this, { [name]: parameter(values) });
  }

  /** What a module with attention makes of its option. Throws `RANGE` for an encoding that has nothing for attention to do. */
  static forAttention(op: string, positional: PositionalEncoding | Positional, dims: PositionalDims): Positional {
    const bound = positional instanceof Positional ? positional : new Positional(positional, dims);
    if (bound.isForAttention) return bound;
    throw new FoveaError(
      "RANGE",
      `${op}: positional must be an encoding for attention such as rotary() or alibi(), got one for embeddings; ` +
        "apply it to them, with new Positional(…)",
    );
  }

  /** Whether it has something for attention to do, not for the embeddings alone. */
  get isForAttention(): boolean {
    const { rotate, bias, values } = this.positions;
    return Boolean(rotate ?? bias ?? values);
  }

  /** Whether it adds to what attention gives; attention must then compute its weights. */
  get hasValues(): boolean {
    return this.positions.values !== undefined;
  }

  /** Embeddings `[batch, seqLen, embedDim]` with their positions, if this encoding works on embeddings. */
  forward(x: Tensor, place?: Place): Tensor {
    return this.positions.embed?.(x, place) ?? x;
  }

  /**
   * Query and key `[batch, length, heads, headDim]` with their positions. With a key-value cache, only what is new: keys go into it
   * with their positions.
   */
  rotate(query: Tensor, key: Tensor, places: Places = {}): readonly [Tensor, Tensor] {
    return this.positions.rotate?.(query, key, places) ?? [query, key];
  }

  /** `mask` with what the positions add to the scores of `query`, as it was before `rotate`, and of all keys, as they were after it. */
  addToMask(
    mask: Mask | null,
    query: Tensor,
    key: Tensor,
    { scale = 1 / Math.sqrt(query.shape[3]!), ...places }: Places & { scale?: number | undefined } = {},
  ): Mask | null {
    const added = this.positions.bias?.(query, key, { ...places, scale });
    return added ? all(mask, added) : mask;
  }

  /** What attention gave for `keyLen` keys (its weights may go on to others, without a position), with what the positions add. */
  addToOut({ out, weights }: AttentionResult, keyLen: number, places: Places = {}): AttentionResult {
    if (!this.positions.values || !weights) return { out, ...(weights && { weights }) };
    const ofKeys = weights.shape[3] === keyLen ? weights : narrow(weights, { axis: 3, start: 0, length: keyLen });
    return { out: add(out, this.positions.values(ofKeys, places)), weights };
  }
}

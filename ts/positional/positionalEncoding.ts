import type { Mask } from "../ops/mask.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Place, Places } from "./places.ts";

/** The sizes an encoding works in. */
export interface PositionalDims {
  readonly embedDim: number;
  readonly numHeads: number;
  /** Width of one head of query and key. Default `embedDim / numHeads`. */
  readonly headDim?: number | undefined;
}

/** What attention knows when it asks for a bias. */
export interface ScoreContext extends Places {
  /** What `query · key` is multiplied by; a bias that is a product of the query wants the same. */
  readonly scale: number;
}

/**
 * An encoding that knows its sizes. It implements the hooks it needs; attention and the models call those that are there and know
 * no encoding by name. In the order of their use, `query` and `key` being `[batch, length, numHeads or numKvHeads, headDim]`:
 */
export interface Positions {
  /** What is trained, by name: the module that uses the encoding owns it. */
  readonly parameters?: Readonly<Record<string, Tensor>>;
  /** Embeddings `[..., seqLen, embedDim]` with their positions. */
  embed?(x: Tensor, place?: Place): Tensor;
  /** Query and key with their positions, as they are multiplied. */
  rotate?(query: Tensor, key: Tensor, places: Places): readonly [Tensor, Tensor];
  /**
   * What the positions add to, or forbid in, the scores. `query` is as projected, before `rotate`; `key` is all that is attended to,
   * after `rotate`, cached keys included.
   */
  bias?(query: Tensor, key: Tensor, context: ScoreContext): Mask;
  /**
   * What the positions add to attention's output, `[batch, queryLen, numHeads, headDim]`, from its weights `[batch, numHeads,
   * queryLen, keyLen]`. Costs attention the memory of all weights.
   */
  values?(weights: Tensor, places: Places): Tensor;
}

/** What `sinusoidal()`, `learned(512)`, … give: an encoding to be bound to the sizes of the model that takes it. */
export type PositionalEncoding = (dims: PositionalDims) => Positions;

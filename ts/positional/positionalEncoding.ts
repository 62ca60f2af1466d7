import type { Mask } from "../ops/mask.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The sizes an encoding works in. */
export interface PositionalDims {
  readonly embedDim: number;
  readonly numHeads: number;
}

/**
 * An encoding that knows its sizes. It implements the hooks it needs; attention and the models call those that are there and know
 * no encoding by name.
 */
export interface Positions {
  /** What is trained, by name: the module that uses the encoding owns it. */
  readonly parameters?: Readonly<Record<string, Tensor>>;
  /** Embeddings `[..., seqLen, embedDim]` with their positions. */
  embed?(x: Tensor): Tensor;
  /** Query and key `[batch, length, numHeads, headDim]` with their positions. */
  rotate?(query: Tensor, key: Tensor): readonly [Tensor, Tensor];
  /** What the positions add to, or forbid in, the scores. */
  bias?(queryLen: number, keyLen: number): Mask;
}

/** What `sinusoidal()`, `learned(512)`, … give: an encoding to be bound to the sizes of the model that takes it. */
export type PositionalEncoding = (dims: PositionalDims) => Positions;

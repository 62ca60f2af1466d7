import type { PositionalDims, PositionalEncoding, Positions } from "../positional/positionalEncoding.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module, parameter } from "./module.ts";

/** A positional encoding bound to a model's sizes, as a module: what the encoding trains is the module's. */
export class Positional extends Module {
  readonly #positions: Positions;

  constructor(encoding: PositionalEncoding, dims: PositionalDims) {
    super();
    this.#positions = encoding(dims);
    for (const [name, values] of Object.entries(this.#positions.parameters ?? {}))
      Object.assign(this, { [name]: parameter(values) });
  }

  /** Embeddings `[batch, seqLen, embedDim]` with their positions, if this encoding works on embeddings. */
  forward(x: Tensor): Tensor {
    return this.#positions.embed?.(x) ?? x;
  }
}

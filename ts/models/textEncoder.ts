import type { Tensor } from "../tensor/tensor.ts";
import { type TextCall, TextModel } from "./textModel.ts";

/** Tokens to vectors that know of each other: embeddings, positions, a `TransformerEncoder`; T5's encoder, or BERT's without a head. */
export class TextEncoder extends TextModel {
  /**
   * `ids` int32 `[batch, seqLen]` to `[batch, seqLen, dModel]`. Throws `RANGE` for an id outside the vocabulary, `MASK`, `RANK`, `SHAPE`,
   * `DTYPE`, `DISPOSED`.
   */
  forward(ids: Tensor, call: TextCall & { needWeights: true }): { out: Tensor; weights: Tensor[] };
  forward(ids: Tensor, call?: TextCall): Tensor;
  forward(ids: Tensor, call: TextCall = {}): Tensor | { out: Tensor; weights: Tensor[] } {
    const result = this.encode(ids, call);
    return call.needWeights ? result : result.out;
  }
}

import { Linear } from "../nn/linear.ts";
import { type Norm, normOf } from "../nn/norm.ts";
import { indexSelect } from "../ops/gather.ts";
import { learned } from "../positional/learned.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type TextCall, TextModel, type TextModelOptions } from "./textModel.ts";

export interface MaskedLanguageModelOptions extends TextModelOptions {
  activation?: "relu" | "gelu" | "geluTanh";
}

export interface MaskedLanguageModelCall extends TextCall {
  /**
   * Which tokens are told, int32 `[count]`: `item · seqLen + place`, as `maskTokens` of `fovea/data` gives them; all if left out. The projection onto the
   * vocabulary, the dearest step of a small model, is computed for these alone.
   */
  positions?: Tensor | null | undefined;
}

/**
 * What each token of a text may have been, from both sides of it (Devlin et al. 2019, BERT): an encoder, a layer with activation and
 * norm, and the embeddings once more as the projection onto the vocabulary. Positions are learned, 512 of them, unless said otherwise. `numDistinctLayers: 1` and an `embedDim` make it ALBERT.
 *
 *     const loss = crossEntropy(model.forward(maskedIds, { lengths }), labels); // −100 where nothing was masked
 *
 * What it learns is carried over by the names of its parameters, those of the other models of text: `classifier.loadStateDict(model.stateDict(), { strict: false })`.
 */
export class MaskedLanguageModel extends TextModel {
  readonly transform: Linear;
  readonly transformNorm: Norm;
  /** Its weight is the embedding's. */
  readonly decoder: Linear;
  readonly activation: "relu" | "gelu" | "geluTanh";

  /** Throws `SHAPE`, `RANGE`. */
  constructor(options: MaskedLanguageModelOptions) {
    const { activation = "gelu", embeddingStd = 0.02, embeddingNorm = true, positional = learned(512) } = options;
    super({ ...options, activation, embeddingStd, embeddingNorm, positional });
    const { vocabSize, dModel, embedDim = dModel, norm = "layer", layerNormEps: eps } = options;
    this.transform = new Linear(dModel, embedDim);
    this.transformNorm = normOf("MaskedLanguageModel", norm, embedDim, { eps });
    this.decoder = new Linear(embedDim, vocabSize, { weight: this.embedding.weight });
    this.activation = activation;
  }

  /**
   * `ids` int32 `[batch, seqLen]` to logits `[batch, seqLen, vocabSize]`, or of `count` positions `[count, vocabSize]`. Throws as `TextEncoder`, and
   * `RANGE` for a position outside of the batch.
   */
  forward(ids: Tensor, call: MaskedLanguageModelCall & { needWeights: true }): { logits: Tensor; weights: Tensor[] };
  forward(ids: Tensor, call?: MaskedLanguageModelCall): Tensor;
  forward(ids: Tensor, { positions, ...call }: MaskedLanguageModelCall = {}): Tensor | { logits: Tensor; weights: Tensor[] } {
    const result = scope(() => {
      const { out, weights } = this.encode(ids, call);
      const told = positions ? indexSelect(out.reshape([-1, out.shape[2]!]), 0, positions) : out;
      const transformed = this.transformNorm.forward(this.transform.forward(told, { activation: this.activation }));
      return { logits: this.decoder.forward(transformed), weights };
    });
    return call.needWeights ? result : result.logits;
  }
}

import type { DecodingCache } from "../nn/decodingCache.ts";
import { Linear } from "../nn/linear.ts";
import { all, type Mask } from "../ops/mask.ts";
import { narrow } from "../ops/narrow.ts";
import type { Place } from "../positional/places.ts";
import { rotary } from "../positional/rotary.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { CachedDecoding, type Decoding } from "./decoding.ts";
import { type TextCall, TextModel, type TextModelOptions } from "./textModel.ts";

export interface LanguageModelOptions extends Omit<TextModelOptions, "numTokenTypes"> {
  /** Whether the projection onto the vocabulary has the embeddings for its weight (Press and Wolf 2017). Default true. */
  tieEmbeddings?: boolean;
}

export type LanguageModelCall = Omit<TextCall, "tokenTypes">;

export interface LanguageModelStep {
  /** Where the new tokens stand, if not behind those in the cache. */
  place?: Place | undefined;
  /** Who sees whom, besides what comes later: of all tokens, from the first in the cache. */
  mask?: Mask | null | undefined;
  /** Only the logits of the last token, `[batch, 1, vocabSize]`. */
  lastOnly?: boolean;
}

/**
 * What comes next, from what came before: layers under a causal mask, and a projection onto the vocabulary (Radford et al. 2019, GPT-2).
 * Norms come first, positions are rotary unless said otherwise. `norm: "rms"`, `activation: "swiglu"`, `bias: false` and a
 * `numKvHeads` make it Llama.
 *
 *     const loss = crossEntropy(model.forward(ids), nextIds);
 */
export class LanguageModel extends TextModel {
  readonly head: Linear;

  /** Throws `SHAPE`, `RANGE`. */
  constructor(options: LanguageModelOptions) {
    const { tieEmbeddings = true, positional = rotary(), normFirst = true, activation = "gelu", embeddingStd = 0.02 } = options;
    super({ ...options, positional, normFirst, activation, embeddingStd });
    const { vocabSize, dModel, embedDim = dModel } = options;
    const weight = tieEmbeddings && embedDim === dModel ? this.embedding.weight : undefined;
    this.head = new Linear(dModel, vocabSize, { bias: false, weight });
  }

  /** `ids` int32 `[batch, seqLen]` to logits `[batch, seqLen, vocabSize]`, each of the token that follows. Throws as `TextEncoder`. */
  forward(ids: Tensor, call: LanguageModelCall & { needWeights: true }): { logits: Tensor; weights: Tensor[] };
  forward(ids: Tensor, call?: LanguageModelCall): Tensor;
  forward(ids: Tensor, call: LanguageModelCall = {}): Tensor | { logits: Tensor; weights: Tensor[] } {
    const result = scope(() => {
      const { out, weights } = this.encode(ids, { ...call, isCausal: true });
      return { logits: this.head.forward(out), weights };
    });
    return call.needWeights ? result : result.logits;
  }

  /**
   * The same for new tokens `ids [batch, newLen]` behind those that `cache` holds, and takes up with them. No gradient. Throws as
   * `MultiheadAttention.step` does.
   */
  step(ids: Tensor, cache: DecodingCache, call: LanguageModelStep = {}): Tensor {
    const { place = cache.length, mask, lastOnly = false } = call;
    return noGrad(() =>
      scope(() => {
        const { out } = this.encode(ids, { isCausal: true, cache, place, mask });
        return this.head.forward(lastOnly ? narrow(out, { axis: 1, start: out.shape[1]! - 1, length: 1 }) : out);
      }),
    );
  }

  /**
   * For `generate`: the prompts are the texts to go on with. `mask` as that of `step`: with `window(seqLen - 1)` a model that was trained on `seqLen` tokens
   * at a time looks no further back than it has learned to.
   */
  decoding({ mask = null }: Pick<LanguageModelStep, "mask"> = {}): Decoding {
    return new CachedDecoding((ids, cache, places) =>
      this.step(ids, cache, { ...places, mask: all(mask, places.mask), lastOnly: true }),
    );
  }
}

import { add } from "../ops/add.ts";
import { all, causal, lengths, type Mask } from "../ops/mask.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { LayerCache } from "./decodingCache.ts";
import { Dropout } from "./dropout.ts";
import { type FeedForwardActivation, feedForward, feedForwardLayers } from "./feedForward.ts";
import type { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { MultiheadAttention, type MultiheadAttentionResult } from "./multiheadAttention.ts";
import { type Norm, normOf } from "./norm.ts";
import { attentionOptions, type TransformerEncoderLayerOptions } from "./transformerEncoderLayer.ts";

export type TransformerDecoderLayerOptions = TransformerEncoderLayerOptions;

export interface DecoderCall {
  /** Which token of the target may attend to which: `causal()`, `lengths([…])`, … */
  mask?: Mask | null | undefined;
  /** Which token of the target may attend to which of the memory. */
  crossMask?: Mask | null | undefined;
  /** How many tokens of each target are real. */
  lengths?: ArrayLike<number> | null | undefined;
  /** How many tokens of each memory are real. */
  memoryLengths?: ArrayLike<number> | null | undefined;
  /** PyTorch's: bool with **true = may not attend**, or float; `[tgtLen, tgtLen]` or `[batch · numHeads, tgtLen, tgtLen]`. */
  tgtMask?: Tensor | null | undefined;
  /** PyTorch's: the same over `[tgtLen, memoryLen]`. */
  memoryMask?: Tensor | null | undefined;
  /** PyTorch's: `[batch, tgtLen]`, bool with **true = ignore**, or float. */
  tgtKeyPaddingMask?: Tensor | null | undefined;
  /** PyTorch's: the same over `[batch, memoryLen]`. */
  memoryKeyPaddingMask?: Tensor | null | undefined;
  tgtIsCausal?: boolean;
  memoryIsCausal?: boolean;
  /** Also give the attention weights of each head; without it they are never computed. */
  needWeights?: boolean;
}

export interface DecoderLayerCall extends DecoderCall {
  /**
   * Keys and values of the tokens before those of `tgt`, which it takes up too, and of the memory. Masks then speak of all tokens, but
   * `lengths` and `tgtIsCausal` of `tgt`. No gradient.
   */
  cache?: LayerCache | null | undefined;
}

export interface DecoderLayerResult {
  /** `[batch, tgtLen, dModel]` */
  out: Tensor;
  /** `[batch, numHeads, tgtLen, tgtLen]` */
  weights: Tensor;
  /** `[batch, numHeads, tgtLen, memoryLen]` */
  crossWeights: Tensor;
}

/**
 * Self-attention, attention to an encoder's result, then a feed-forward network, each with dropout, a residual and a norm
 * (Vaswani et al. 2017). PyTorch's module, batch first, with its defaults, initial values and state-dict keys.
 */
export class TransformerDecoderLayer extends Module {
  readonly selfAttn: MultiheadAttention;
  readonly multiheadAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: Norm;
  readonly norm2: Norm;
  readonly norm3: Norm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly dropout3: Dropout;
  readonly normFirst: boolean;
  readonly activation: FeedForwardActivation;
  readonly #arguments: [number, number, TransformerDecoderLayerOptions];

  constructor(dModel: number, numHeads: number, options: TransformerDecoderLayerOptions = {}) {
    super();
    const {
      dimFeedforward = 2048,
      dropout = 0.1,
      activation = "relu",
      layerNormEps: eps = 1e-5,
      normFirst = false,
      bias = true,
      positional = null,
      norm = "layer",
    } = options;
    this.#arguments = [dModel, numHeads, options];
    this.selfAttn = new MultiheadAttention(dModel, numHeads, { ...attentionOptions(options), positional });
    this.multiheadAttn = new MultiheadAttention(dModel, numHeads, attentionOptions(options));
    const { linear1, linear2 } = feedForwardLayers("TransformerDecoderLayer", dModel, { dimFeedforward, activation, bias });
    this.linear1 = linear1;
    this.dropout = new Dropout(dropout);
    this.linear2 = linear2;
    const normed = () => normOf("TransformerDecoderLayer", norm, dModel, { eps, bias });
    [this.norm1, this.norm2, this.norm3] = [normed(), normed(), normed()];
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
    this.normFirst = normFirst;
    this.activation = activation;
  }

  /** A layer of the same sizes and options, with initial values of its own. */
  another(): TransformerDecoderLayer {
    return new TransformerDecoderLayer(...this.#arguments);
  }

  /**
   * `tgt [batch, tgtLen, dModel]`, `memory [batch, memoryLen, dModel]`, out as `tgt`. Nothing is causal unless asked for, as in
   * PyTorch. Throws as `MultiheadAttention` does.
   */
  forward(tgt: Tensor, memory: Tensor, call: DecoderLayerCall & { needWeights: true }): DecoderLayerResult;
  forward(tgt: Tensor, memory: Tensor, call?: DecoderLayerCall): Tensor;
  forward(tgt: Tensor, memory: Tensor, call: DecoderLayerCall = {}): Tensor | DecoderLayerResult {
    const { norm1, norm2, norm3, normFirst } = this;
    const { out, weights, crossWeights } = scope(() => {
      const own = this.#selfAttention(normFirst ? norm1.forward(tgt) : tgt, call);
      const afterOwn = add(tgt, this.dropout1.forward(own.out));
      const x = normFirst ? afterOwn : norm1.forward(afterOwn);
      const cross = this.#crossAttention(normFirst ? norm2.forward(x) : x, memory, call);
      const afterCross = add(x, this.dropout2.forward(cross.out));
      const y = normFirst ? afterCross : norm2.forward(afterCross);
      const out = add(y, this.dropout3.forward(feedForward(normFirst ? norm3.forward(y) : y, this)));
      return { out: normFirst ? out : norm3.forward(out), weights: own.weights, crossWeights: cross.weights };
    });
    return weights && crossWeights ? { out, weights, crossWeights } : out;
  }

  #selfAttention(x: Tensor, call: DecoderLayerCall): MultiheadAttentionResult {
    const { mask, lengths: own, tgtMask, tgtKeyPaddingMask, tgtIsCausal = false, cache, needWeights = false } = call;
    const before = cache?.own.length ?? 0;
    const ofTgt = [own && lengths(Array.from(own, (length) => before + length)), tgtIsCausal ? causal({ offset: before }) : null];
    return this.selfAttn.forward(x, x, x, {
      mask: all(mask, ...ofTgt),
      attnMask: tgtMask,
      keyPaddingMask: tgtKeyPaddingMask,
      cache: cache?.own,
      needWeights,
      averageAttnWeights: false,
    });
  }

  #crossAttention(x: Tensor, memory: Tensor, call: DecoderLayerCall): MultiheadAttentionResult {
    const { crossMask, memoryLengths, memoryMask, memoryKeyPaddingMask } = call;
    const { memoryIsCausal = false, cache, needWeights = false } = call;
    return this.multiheadAttn.forward(x, memory, memory, {
      mask: memoryLengths ? all(crossMask, lengths(memoryLengths)) : crossMask,
      attnMask: memoryMask,
      keyPaddingMask: memoryKeyPaddingMask,
      isCausal: memoryIsCausal,
      memoryCache: cache?.memory,
      needWeights,
      averageAttnWeights: false,
    });
  }
}

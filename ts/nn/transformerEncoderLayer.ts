import { add } from "../ops/add.ts";
import { concat } from "../ops/concat.ts";
import { all, causal, lengths, type Mask } from "../ops/mask.ts";
import type { PositionalEncoding } from "../positional/positionalEncoding.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Dropout } from "./dropout.ts";
import { type FeedForwardActivation, feedForward, feedForwardLayers } from "./feedForward.ts";
import type { KeyValueCache } from "./keyValueCache.ts";
import type { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { MultiheadAttention, type MultiheadAttentionOptions, type MultiheadAttentionResult } from "./multiheadAttention.ts";
import { type Norm, type NormKind, normOf } from "./norm.ts";
import type { Positional } from "./positional.ts";

export interface TransformerEncoderLayerOptions {
  dimFeedforward?: number;
  dropout?: number;
  activation?: FeedForwardActivation;
  layerNormEps?: number;
  /** Normalise before each sub-layer (Xiong et al. 2020) rather than after its residual. */
  normFirst?: boolean;
  bias?: boolean;
  /** Whether attention's projections have biases. Default `bias`. */
  attentionBias?: boolean;
  /** What normalises. Default `"layer"`, with `layerNormEps`. */
  norm?: NormKind;
  /** Width of one head of query, key and value. Default `dModel / numHeads`. */
  headDim?: number | undefined;
  /** Heads of key and value. Default `numHeads`. */
  numKvHeads?: number | undefined;
  /** What the scores are multiplied by. Default `1 / √headDim`. */
  scale?: number | undefined;
  /** `rotary()`, `alibi()`, …, for the self-attention; a `Positional` is shared by the layers that are given it. */
  positional?: PositionalEncoding | Positional | null;
}

/** What the options of a layer say about its attention. */
export function attentionOptions(options: TransformerEncoderLayerOptions): MultiheadAttentionOptions {
  const { dropout = 0.1, bias = true, attentionBias = bias, headDim, numKvHeads, scale } = options;
  return { dropout, bias: attentionBias, headDim, numKvHeads, scale };
}

export interface EncoderCall {
  /** Who may attend to whom: `causal()`, `lengths([…])`, … */
  mask?: Mask | null | undefined;
  /** How many tokens of each item are real: the same as `mask: lengths([…])`. */
  lengths?: ArrayLike<number> | null | undefined;
  /** PyTorch's: bool with **true = may not attend**, or float; `[seqLen, seqLen]` or `[batch · numHeads, seqLen, seqLen]`. */
  srcMask?: Tensor | null | undefined;
  /** PyTorch's: `[batch, seqLen]`, bool with **true = ignore**, or float. */
  srcKeyPaddingMask?: Tensor | null | undefined;
  isCausal?: boolean;
  /** Also give the attention weights of each head, `[batch, numHeads, seqLen, seqLen]`; without it they are never computed. */
  needWeights?: boolean;
}

export interface EncoderLayerCall extends EncoderCall {
  /**
   * Earlier inputs of this layer, `[batch, memoryLen, dModel]`: attended to before those of `src`, without a gradient. Masks then
   * speak of `memoryLen + seqLen` keys, but `lengths` and `isCausal` of `src`.
   */
  memory?: Tensor | null | undefined;
  /** Keys and values of the tokens before those of `src`; it takes these up too. Masks and `lengths` as with `memory`. No gradient. */
  cache?: KeyValueCache | null | undefined;
}

/**
 * Self-attention, then a feed-forward network, each with dropout, a residual and a norm (Vaswani et al. 2017). PyTorch's module,
 * batch first, with its defaults, initial values and state-dict keys.
 */
export class TransformerEncoderLayer extends Module {
  readonly selfAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: Norm;
  readonly norm2: Norm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly normFirst: boolean;
  readonly activation: FeedForwardActivation;
  readonly #arguments: [number, number, TransformerEncoderLayerOptions];

  constructor(dModel: number, numHeads: number, options: TransformerEncoderLayerOptions = {}) {
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
    const { linear1, linear2 } = feedForwardLayers("TransformerEncoderLayer", dModel, { dimFeedforward, activation, bias });
    this.linear1 = linear1;
    this.dropout = new Dropout(dropout);
    this.linear2 = linear2;
    const normed = () => normOf("TransformerEncoderLayer", norm, dModel, { eps, bias });
    [this.norm1, this.norm2] = [normed(), normed()];
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.normFirst = normFirst;
    this.activation = activation;
  }

  /** A layer of the same sizes and options, with initial values of its own. */
  another(): TransformerEncoderLayer {
    return new TransformerEncoderLayer(...this.#arguments);
  }

  /** `src [batch, seqLen, dModel]`, out the same. Throws as `MultiheadAttention` does. */
  forward(src: Tensor, call: EncoderLayerCall & { needWeights: true }): { out: Tensor; weights: Tensor };
  forward(src: Tensor, call?: EncoderLayerCall): Tensor;
  forward(src: Tensor, call: EncoderLayerCall = {}): Tensor | { out: Tensor; weights: Tensor } {
    const { norm1, norm2, normFirst } = this;
    const { out, weights } = scope(() => {
      const attended = this.#selfAttention(normFirst ? norm1.forward(src) : src, call);
      const sum = add(src, this.dropout1.forward(attended.out));
      const x = normFirst ? sum : norm1.forward(sum);
      const out = add(x, this.dropout2.forward(feedForward(normFirst ? norm2.forward(x) : x, this)));
      return { out: normFirst ? out : norm2.forward(out), weights: attended.weights };
    });
    return weights ? { out, weights } : out;
  }

  #selfAttention(x: Tensor, call: EncoderLayerCall): MultiheadAttentionResult {
    const { mask, lengths: own, srcMask, srcKeyPaddingMask, isCausal = false, memory, cache, needWeights = false } = call;
    const before = memory?.shape[1] ?? cache?.length ?? 0;
    const keys = memory ? concat([this.#remembered(memory), x], { axis: 1 }) : x;
    const ofSrc = [own && lengths(Array.from(own, (length) => before + length)), isCausal ? causal({ offset: before }) : null];
    return this.selfAttn.forward(x, keys, keys, {
      mask: all(mask, ...ofSrc),
      attnMask: srcMask,
      keyPaddingMask: srcKeyPaddingMask,
      places: { query: before },
      cache,
      needWeights,
      averageAttnWeights: false,
    });
  }

  #remembered(memory: Tensor): Tensor {
    const states = memory.detach();
    return this.normFirst ? this.norm1.forward(states) : states;
  }
}

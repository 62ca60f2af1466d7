import type { Mask } from "../ops/mask.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { DecodingCache } from "./decodingCache.ts";
import { fillXavierUniform } from "./init.ts";
import { Module } from "./module.ts";
import { normOf } from "./norm.ts";
import { type DecoderResult, TransformerDecoder } from "./transformerDecoder.ts";
import { type DecoderCall, TransformerDecoderLayer } from "./transformerDecoderLayer.ts";
import { TransformerEncoder } from "./transformerEncoder.ts";
import { type EncoderCall, TransformerEncoderLayer, type TransformerEncoderLayerOptions } from "./transformerEncoderLayer.ts";

export interface TransformerOptions extends TransformerEncoderLayerOptions {
  dModel?: number;
  numHeads?: number;
  numEncoderLayers?: number;
  numDecoderLayers?: number;
}

/** PyTorch's masks keep their names and their polarity: **true = may not attend**, true = ignore. */
export interface TransformerCall
  extends Pick<EncoderCall, "srcMask" | "srcKeyPaddingMask">,
    Omit<DecoderCall, "mask" | "lengths" | "needWeights"> {
  /** How many tokens of each source are real, for the encoder, and for the decoder too unless `memoryLengths` says otherwise. */
  srcLengths?: ArrayLike<number> | null | undefined;
  /** How many tokens of each target are real. */
  tgtLengths?: ArrayLike<number> | null | undefined;
  /** Which token of the source may attend to which. */
  encoderMask?: Mask | null | undefined;
  /** Which token of the target may attend to which: `causal()`, mostly. */
  decoderMask?: Mask | null | undefined;
  srcIsCausal?: boolean;
  /** Also give the attention weights of each layer and head. */
  needWeights?: boolean;
}

export interface TransformerResult extends DecoderResult {
  /** Of each layer, `[batch, numHeads, srcLen, srcLen]`. */
  encoderWeights: Tensor[];
}

/**
 * An encoder and a decoder that attends to its result (Vaswani et al. 2017), each with a norm at its end; embeddings and the
 * output projection are the caller's. PyTorch's module, batch first, with its defaults, initial values and state-dict keys.
 */
export class Transformer extends Module {
  readonly encoder: TransformerEncoder;
  readonly decoder: TransformerDecoder;

  /** Throws `SHAPE`, `RANGE`. */
  constructor(options: TransformerOptions = {}) {
    super();
    const { dModel = 512, numHeads = 8, numEncoderLayers = 6, numDecoderLayers = 6, ...layer } = options;
    const norm = () =>
      normOf("Transformer", layer.norm ?? "layer", dModel, { eps: layer.layerNormEps, bias: layer.bias ?? true });
    const encoderLayer = new TransformerEncoderLayer(dModel, numHeads, layer);
    this.encoder = new TransformerEncoder(encoderLayer, numEncoderLayers, { norm: norm() });
    const decoderLayer = new TransformerDecoderLayer(dModel, numHeads, layer);
    this.decoder = new TransformerDecoder(decoderLayer, numDecoderLayers, { norm: norm() });
    for (const parameter of this.parameters()) if (parameter.shape.length > 1) fillXavierUniform(parameter);
  }

  /**
   * `src [batch, srcLen, dModel]`, `tgt [batch, tgtLen, dModel]`, out as `tgt`. Nothing is causal unless asked for, as in PyTorch:
   * training wants `decoderMask: causal()`. Throws as `MultiheadAttention` does.
   */
  forward(src: Tensor, tgt: Tensor, call: TransformerCall & { needWeights: true }): TransformerResult;
  forward(src: Tensor, tgt: Tensor, call?: TransformerCall): Tensor;
  forward(src: Tensor, tgt: Tensor, call: TransformerCall = {}): Tensor | TransformerResult {
    const { srcMask, srcKeyPaddingMask, srcLengths, encoderMask, srcIsCausal = false, needWeights = false, ...decoder } = call;
    const encoderCall = { mask: encoderMask, lengths: srcLengths, srcMask, srcKeyPaddingMask, isCausal: srcIsCausal };
    const { decoderMask, tgtLengths, memoryLengths = srcLengths, ...rest } = decoder;
    const decoderCall = { ...rest, mask: decoderMask, lengths: tgtLengths, memoryLengths };
    return scope(() => {
      if (!needWeights) return this.decoder.forward(tgt, this.encoder.forward(src, encoderCall), decoderCall);
      const { out: memory, weights: encoderWeights } = this.encoder.forward(src, { ...encoderCall, needWeights });
      return { ...this.decoder.forward(tgt, memory, { ...decoderCall, needWeights }), encoderWeights };
    });
  }

  /**
   * The new tokens `tgt [batch, newLen, dModel]` behind those that `cache` holds, and takes up with them, from `memory`, what the encoder
   * gave: as the decoder's `step`.
   *
   *     const memory = model.encoder.forward(src, { lengths });
   *     using cache = new DecodingCache();
   *     const out = model.step(tgt, memory, cache, { memoryLengths: lengths });
   */
  step(tgt: Tensor, memory: Tensor, cache: DecodingCache, call: Parameters<TransformerDecoder["step"]>[3] = {}): Tensor {
    return this.decoder.step(tgt, memory, cache, call);
  }
}

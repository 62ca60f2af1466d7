import { FoveaError } from "../runtime/errors.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { DecodingCache } from "./decodingCache.ts";
import { Module } from "./module.ts";
import type { Norm } from "./norm.ts";
import type { EncoderCall, TransformerEncoderLayer } from "./transformerEncoderLayer.ts";

export interface TransformerEncoderOptions {
  norm?: Norm | null;
  /**
   * How many layers have parameters of their own, each doing the work of as many in a row (Lan et al. 2020, ALBERT: 1). Default
   * `numLayers`.
   */
  numDistinct?: number;
}

export interface EncoderStackCall extends EncoderCall {
  /** Of all layers; as the layers'. */
  cache?: DecodingCache | null | undefined;
}

/**
 * `numLayers` layers one after the other, then `norm` if there is one. The first is `encoderLayer` itself; the others are of its
 * sizes and options, with initial values of their own, where PyTorch starts all of them with the same values.
 */
export class TransformerEncoder extends Module {
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: Norm | null;

  /** Throws `RANGE`. */
  constructor(encoderLayer: TransformerEncoderLayer, numLayers: number, options: TransformerEncoderOptions = {}) {
    super();
    const { norm = null, numDistinct = numLayers } = options;
    if (!Number.isInteger(numLayers) || numLayers < 1)
      throw new FoveaError("RANGE", `TransformerEncoder: numLayers must be a whole number of at least 1, got ${numLayers}`);
    if (!Number.isInteger(numDistinct) || numDistinct < 1 || numLayers % numDistinct !== 0)
      throw new FoveaError("RANGE", `TransformerEncoder: numDistinct must divide numLayers = ${numLayers}, got ${numDistinct}`);
    const distinct = Array.from({ length: numDistinct }, (_, i) => (i === 0 ? encoderLayer : encoderLayer.another()));
    this.layers = Array.from({ length: numLayers }, (_, i) => distinct[Math.floor((i * numDistinct) / numLayers)]!);
    this.norm = norm;
  }

  /**
   * `src [batch, seqLen, dModel]`, out the same; the weights are one tensor per layer. The rows of padded tokens are computed
   * like any other.
   */
  forward(src: Tensor, call: EncoderStackCall & { needWeights: true }): { out: Tensor; weights: Tensor[] };
  forward(src: Tensor, call?: EncoderStackCall): Tensor;
  forward(src: Tensor, call: EncoderStackCall = {}): Tensor | { out: Tensor; weights: Tensor[] } {
    const { needWeights = false, cache, ...rest } = call;
    const { out, weights } = scope(() => {
      const weights: Tensor[] = [];
      let x = src;
      this.layers.forEach((layer, i) => {
        const layerCall = { ...rest, cache: cache?.layer(i).own };
        if (!needWeights) x = layer.forward(x, layerCall);
        else {
          const result = layer.forward(x, { ...layerCall, needWeights });
          x = result.out;
          weights.push(result.weights);
        }
      });
      return { out: this.norm ? this.norm.forward(x) : x, weights };
    });
    return needWeights ? { out, weights } : out;
  }

  /**
   * As a causal decoder: the new tokens `src [batch, newLen, dModel]` behind those that `cache` holds, and takes up with them. Equal to
   * `forward` over all tokens with `isCausal`. No gradient. Throws as `MultiheadAttention.step` does.
   */
  step(src: Tensor, cache: DecodingCache, call: Omit<EncoderCall, "isCausal" | "needWeights"> = {}): Tensor {
    return noGrad(() => this.forward(src, { ...call, isCausal: true, cache }));
  }
}

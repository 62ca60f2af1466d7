import { FoveaError } from "../runtime/errors.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { DecodingCache } from "./decodingCache.ts";
import { Module } from "./module.ts";
import type { Norm } from "./norm.ts";
import type { DecoderCall, TransformerDecoderLayer } from "./transformerDecoderLayer.ts";

export interface DecoderResult {
  /** `[batch, tgtLen, dModel]` */
  out: Tensor;
  /** Of each layer, `[batch, numHeads, tgtLen, tgtLen]`. */
  weights: Tensor[];
  /** Of each layer, `[batch, numHeads, tgtLen, memoryLen]`. */
  crossWeights: Tensor[];
}

export interface DecoderStackCall extends DecoderCall {
  /** Of all layers; as the layers'. */
  cache?: DecodingCache | null | undefined;
}

/**
 * `numLayers` layers one after the other, all attending to the same memory, then `norm` if there is one. The first is
 * `decoderLayer` itself; the others are of its sizes and options, with initial values of their own, where PyTorch starts all of
 * them with the same values.
 */
export class TransformerDecoder extends Module {
  readonly layers: readonly TransformerDecoderLayer[];
  readonly norm: Norm | null;

  constructor(decoderLayer: TransformerDecoderLayer, numLayers: number, { norm = null }: { norm?: Norm | null } = {}) {
    super();
    if (!Number.isInteger(numLayers) || numLayers < 1)
      throw new FoveaError("RANGE", `TransformerDecoder: numLayers must be a whole number of at least 1, got ${numLayers}`);
    this.layers = Array.from({ length: numLayers }, (_, i) => (i === 0 ? decoderLayer : decoderLayer.another()));
    this.norm = norm;
  }

  /** `tgt [batch, tgtLen, dModel]`, `memory [batch, memoryLen, dModel]`, out as `tgt`. */
  forward(tgt: Tensor, memory: Tensor, call: DecoderStackCall & { needWeights: true }): DecoderResult;
  forward(tgt: Tensor, memory: Tensor, call?: DecoderStackCall): Tensor;
  forward(tgt: Tensor, memory: Tensor, call: DecoderStackCall = {}): Tensor | DecoderResult {
    const { needWeights = false, cache, ...rest } = call;
    const result = scope(() => {
      const weights: Tensor[] = [];
      const crossWeights: Tensor[] = [];
      let x = tgt;
      this.layers.forEach((layer, i) => {
        const layerCall = { ...rest, cache: cache?.layer(i) };
        if (!needWeights) x = layer.forward(x, memory, layerCall);
        else {
          const result = layer.forward(x, memory, { ...layerCall, needWeights });
          x = result.out;
          weights.push(result.weights);
          crossWeights.push(result.crossWeights);
        }
      });
      return { out: this.norm ? this.norm.forward(x) : x, weights, crossWeights };
    });
    return needWeights ? result : result.out;
  }

  /**
   * The new tokens `tgt [batch, newLen, dModel]` behind those that `cache` holds, and takes up with them; the memory's keys and values are computed
   * in the first step. Equal to `forward` over all tokens with `tgtIsCausal`. No gradient. Throws as `MultiheadAttention.step` does,
   * `SHAPE` for a memory of another size than the first step's.
   */
  step(tgt: Tensor, memory: Tensor, cache: DecodingCache, call: Omit<DecoderCall, "tgtIsCausal" | "needWeights"> = {}): Tensor {
    return noGrad(() => this.forward(tgt, memory, { ...call, tgtIsCausal: true, cache }));
  }
}

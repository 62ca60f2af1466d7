import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { LayerNorm } from "./layerNorm.ts";
import { Module } from "./module.ts";
import type { EncoderCall, TransformerEncoderLayer } from "./transformerEncoderLayer.ts";

/**
 * `numLayers` layers one after the other, then `norm` if there is one. The first is `encoderLayer` itself; the others are of its
 * sizes and options, with initial values of their own, where PyTorch starts all of them with the same values.
 */
export class TransformerEncoder extends Module {
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: LayerNorm | null;

  constructor(encoderLayer: TransformerEncoderLayer, numLayers: number, { norm = null }: { norm?: LayerNorm | null } = {}) {
    super();
    if (!Number.isInteger(numLayers) || numLayers < 1)
      throw new FoveaError("RANGE", `TransformerEncoder: numLayers must be a whole number of at least 1, got ${numLayers}`);
    this.layers = Array.from({ length: numLayers }, (_, i) => (i === 0 ? encoderLayer : encoderLayer.another()));
    this.norm = norm;
  }

  /**
   * `src [batch, seqLen, dModel]`, out the same; the weights are one tensor per layer. The rows of padded tokens are computed
   * like any other.
   */
  forward(src: Tensor, call: EncoderCall & { needWeights: true }): { out: Tensor; weights: Tensor[] };
  forward(src: Tensor, call?: EncoderCall): Tensor;
  forward(src: Tensor, call: EncoderCall = {}): Tensor | { out: Tensor; weights: Tensor[] } {
    const { needWeights = false, ...rest } = call;
    const { out, weights } = scope(() => {
      const weights: Tensor[] = [];
      let x = src;
      for (const layer of this.layers) {
        if (!needWeights) x = layer.forward(x, rest);
        else {
          const result = layer.forward(x, { ...rest, needWeights });
          x = result.out;
          weights.push(result.weights);
        }
      }
      return { out: this.norm ? this.norm.forward(x) : x, weights };
    });
    return needWeights ? { out, weights } : out;
  }
}

import { concat } from "../ops/concat.ts";
import { narrow } from "../ops/narrow.ts";
import { FoveaError } from "../runtime/errors.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";
import type { Norm } from "./norm.ts";
import type { EncoderCall, TransformerEncoderLayer } from "./transformerEncoderLayer.ts";

export interface TransformerXLOptions {
  /** How many tokens of the past each layer remembers. */
  memoryLen: number;
  norm?: Norm | null;
}

export interface TransformerXLCall extends EncoderCall {
  /** What the call for the segment before gave; left out for the first. */
  memory?: readonly Tensor[] | null | undefined;
}

export interface TransformerXLResult {
  /** `[batch, seqLen, dModel]` */
  out: Tensor;
  /** For the next segment: of each layer `[batch, up to memoryLen, dModel]`, without a gradient. */
  memory: Tensor[];
  /** Of each layer `[batch, numHeads, seqLen, memory's length + seqLen]`, if asked for. */
  weights?: Tensor[];
}

/**
 * A long sequence, segment by segment: each layer also attends to the inputs it had before, up to `memoryLen` of them, which get no
 * gradient (Dai et al. 2019, Transformer-XL). The layers need an encoding of distances: `xlRelative()` is the paper's, any other
 * for attention will do.
 *
 *     const layer = new TransformerEncoderLayer(64, 4, { positional: xlRelative() });
 *     const model = new TransformerXL(layer, 2, { memoryLen: 128 });
 *     let memory: Tensor[] | null = null;
 *     for (const segment of segments) {
 *       const before = memory;
 *       memory = scope(() => {
 *         const result = model.forward(segment, { memory: before, isCausal: true });
 *         // a loss of result.out, its backward, a step
 *         return result.memory;
 *       });
 *       for (const states of before ?? []) states.dispose();
 *     }
 */
export class TransformerXL extends Module {
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: Norm | null;
  readonly memoryLen: number;

  /** The first layer is `encoderLayer`; the others are of its sizes and options, with initial values of their own. Throws `RANGE`. */
  constructor(encoderLayer: TransformerEncoderLayer, numLayers: number, { memoryLen, norm = null }: TransformerXLOptions) {
    super();
    if (!Number.isInteger(numLayers) || numLayers < 1)
      throw new FoveaError("RANGE", `TransformerXL: numLayers must be a whole number of at least 1, got ${numLayers}`);
    if (!Number.isInteger(memoryLen) || memoryLen < 0)
      throw new FoveaError("RANGE", `TransformerXL: memoryLen must be a whole number of at least 0, got ${memoryLen}`);
    this.layers = Array.from({ length: numLayers }, (_, i) => (i === 0 ? encoderLayer : encoderLayer.another()));
    this.norm = norm;
    this.memoryLen = memoryLen;
  }

  /**
   * `src [batch, seqLen, dModel]`. Masks of `call` speak of the memory's keys and then those of `src`; `lengths` and `isCausal` of
   * `src` alone. Throws `SHAPE` for a memory of another model or batch, and as `MultiheadAttention` does.
   */
  forward(src: Tensor, { memory, needWeights = false, ...call }: TransformerXLCall = {}): TransformerXLResult {
    if (memory && memory.length !== this.layers.length)
      throw new FoveaError("SHAPE", `TransformerXL: memory must be of ${this.layers.length} layers, got ${memory.length}`);
    return scope(() => {
      const weights: Tensor[] = [];
      const remembered: Tensor[] = [];
      let x = src;
      this.layers.forEach((layer, i) => {
        const before = memory?.[i] ?? null;
        remembered.push(this.#remember(before, x));
        if (!needWeights) x = layer.forward(x, { ...call, memory: before });
        else {
          const result = layer.forward(x, { ...call, memory: before, needWeights });
          x = result.out;
          weights.push(result.weights);
        }
      });
      return { out: this.norm ? this.norm.forward(x) : x, memory: remembered, ...(needWeights && { weights }) };
    });
  }

  /** The last `memoryLen` tokens of both, as a copy. */
  #remember(memory: Tensor | null, x: Tensor): Tensor {
    return noGrad(() => {
      const known = memory ? concat([memory, x], { axis: 1 }) : x;
      const length = Math.min(this.memoryLen, known.shape[1]!);
      return narrow(known, { axis: 1, start: known.shape[1]! - length, length });
    });
  }
}

import { Conv1d } from "../nn/conv.ts";
import { Dropout } from "../nn/dropout.ts";
import { Module } from "../nn/module.ts";
import { normOf } from "../nn/norm.ts";
import { Positional } from "../nn/positional.ts";
import { TransformerEncoder } from "../nn/transformerEncoder.ts";
import { TransformerEncoderLayer, type TransformerEncoderLayerOptions } from "../nn/transformerEncoderLayer.ts";
import { gelu } from "../ops/gelu.ts";
import { transpose } from "../ops/permute.ts";
import { maskedFill } from "../ops/where.ts";
import type { PositionalEncoding } from "../positional/positionalEncoding.ts";
import { sinusoidal } from "../positional/sinusoidal.ts";
import { scope } from "../tensor/scope.ts";
import { expectAxes, expectShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";

export interface SpeechEncoderOptions extends Omit<TransformerEncoderLayerOptions, "positional"> {
  /** Channels of the features: mel bands. */
  numMels: number;
  dModel: number;
  numHeads: number;
  numLayers: number;
  /** Frames that each of the two convolutions goes on by. Default `[1, 2]`, Whisper's. */
  strides?: readonly [number, number];
  /** Default `sinusoidal()`. */
  positional?: PositionalEncoding;
  /** Dropout of the frames with their positions. Default `dropout`. */
  embeddingDropout?: number;
}

export interface SpeechCall {
  /** How many frames of each item are real; all of them if left out. */
  lengths?: ArrayLike<number> | null | undefined;
  /** Also give each layer's attention weights, `[batch, numHeads, outLen, outLen]`. */
  needWeights?: boolean;
}

/**
 * Log-mel frames to half as many vectors that know of each other, or fewer with other `strides`: two convolutions of three frames, the second in steps
 * of two, positions, a `TransformerEncoder` with its norms in front (Radford et al. 2023, Whisper).
 */
export class SpeechEncoder extends Module {
  readonly conv1: Conv1d;
  readonly conv2: Conv1d;
  readonly positional: Positional;
  readonly dropout: Dropout;
  readonly encoder: TransformerEncoder;
  readonly numMels: number;
  readonly dModel: number;
  readonly strides: readonly [number, number];

  /** Throws `SHAPE`, `RANGE`. */
  constructor(options: SpeechEncoderOptions) {
    super();
    const { numMels, dModel, numHeads, numLayers, strides = [1, 2], positional = sinusoidal(), dropout = 0.1 } = options;
    const { normFirst = true, activation = "gelu", dimFeedforward = 4 * dModel, embeddingDropout = dropout } = options;
    this.numMels = numMels;
    this.dModel = dModel;
    this.strides = strides;
    this.conv1 = new Conv1d(numMels, dModel, 3, { stride: strides[0], padding: 1 });
    this.conv2 = new Conv1d(dModel, dModel, 3, { stride: strides[1], padding: 1 });
    this.positional = new Positional(positional, { embedDim: dModel, numHeads, headDim: options.headDim });
    this.dropout = new Dropout(embeddingDropout);
    const forAttention = this.positional.isForAttention ? this.positional : null;
    const own = { dimFeedforward, dropout, activation, normFirst, positional: forAttention };
    const layer = new TransformerEncoderLayer(dModel, numHeads, { ...options, ...own });
    const norm = normFirst ? normOf("SpeechEncoder", options.norm ?? "layer", dModel, { eps: options.layerNormEps }) : null;
    this.encoder = new TransformerEncoder(layer, numLayers, { norm });
  }

  /** How many vectors come of so many frames. */
  outLength(frames: number): number {
    return this.strides.reduce((length, stride) => Math.ceil(length / stride), frames);
  }

  /**
   * `features [batch, numMels, frames]` to `[batch, outLength(frames), dModel]`. Frames beyond an item's length are attended to by nobody, and are 0 to
   * the convolutions, as those beyond all are: it makes no difference to an item what stands beside it. Throws `SHAPE`, `RANK`, `RANGE`, `MASK`, `DTYPE`,
   * `DISPOSED`.
   */
  forward(features: Tensor, call: SpeechCall & { needWeights: true }): { out: Tensor; weights: Tensor[] };
  forward(features: Tensor, call?: SpeechCall): Tensor;
  forward(features: Tensor, { lengths, needWeights = false }: SpeechCall = {}): Tensor | { out: Tensor; weights: Tensor[] } {
    expectAxes("SpeechEncoder", { features }, ["batch", "numMels", "frames"]);
    expectShape("SpeechEncoder", { features }, features.shape.with(1, this.numMels));
    const result = scope(() => {
      const heard = gelu(this.conv1.forward(silenced(features, lengths)));
      const inner = lengths && Array.from(lengths, (length) => Math.ceil(length / this.strides[0]));
      const frames = gelu(this.conv2.forward(silenced(heard, inner)));
      const x = this.dropout.forward(this.positional.forward(transpose(frames, 1, 2)));
      const call = { lengths: lengths && Array.from(lengths, (length) => this.outLength(length)) };
      if (needWeights) return this.encoder.forward(x, { ...call, needWeights });
      return { out: this.encoder.forward(x, call), weights: [] };
    });
    return needWeights ? result : result.out;
  }
}

/** `x [batch, channels, frames]` with 0 beyond each item's length. */
function silenced(x: Tensor, lengths: ArrayLike<number> | null | undefined): Tensor {
  const [batch, , frames] = x.shape as [number, number, number];
  if (!lengths || Array.from(lengths).every((length) => length >= frames)) return x;
  const beyond = empty([batch, 1, frames], "bool");
  const flags = beyond.view();
  for (let at = 0; at < flags.length; at += 1) flags[at] = Number(at % frames >= lengths[Math.floor(at / frames)]!);
  return maskedFill(x, beyond, 0);
}

import { Conv2d } from "../nn/conv.ts";
import { Dropout } from "../nn/dropout.ts";
import { fillNormal } from "../nn/init.ts";
import { Linear } from "../nn/linear.ts";
import { Module, parameter } from "../nn/module.ts";
import { normOf } from "../nn/norm.ts";
import { type Pool, type Pooling, poolOf } from "../nn/pooling.ts";
import { Positional } from "../nn/positional.ts";
import { TransformerEncoder } from "../nn/transformerEncoder.ts";
import { TransformerEncoderLayer, type TransformerEncoderLayerOptions } from "../nn/transformerEncoderLayer.ts";
import { concat } from "../ops/concat.ts";
import { expand } from "../ops/expand.ts";
import { transpose } from "../ops/permute.ts";
import { learned } from "../positional/learned.ts";
import type { PositionalEncoding } from "../positional/positionalEncoding.ts";
import { FoveaError } from "../runtime/errors.ts";
import { zeros } from "../tensor/create.ts";
import { scope } from "../tensor/scope.ts";
import { expectAxes, expectShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface VisionTransformerOptions extends Omit<TransformerEncoderLayerOptions, "positional"> {
  /** Height and width of the images, multiples of the patches' strides; one number for both. */
  imageSize: number | readonly [height: number, width: number];
  patchSize: number | readonly [height: number, width: number];
  /** From one patch to the next: smaller than `patchSize`, they overlap (Wu et al. 2021), and the image has zeros around it. Default `patchSize`. */
  patchStride?: number | readonly [height: number, width: number];
  numClasses: number;
  dModel: number;
  numHeads: number;
  numLayers: number;
  /** Default 3. */
  numChannels?: number;
  /** What of the last layer is classified; for `"cls"`, the default, a token is put in front of the patches. */
  pooling?: Pooling;
  /** For the patches, row by row, behind the token if there is one. Default `learned` for as many as there are. */
  positional?: PositionalEncoding;
  /** Dropout of the patches with their positions. Default `dropout`. */
  embeddingDropout?: number;
}

export interface VisionTransformerCall {
  /** Also give each layer's attention weights, `[batch, numHeads, length, length]`, the token for the image first. */
  needWeights?: boolean;
}

/**
 * One label for an image: its patches as words, a `TransformerEncoder` with its norms in front, and what a token for the whole image has
 * gathered (Dosovitskiy et al. 2021, ViT).
 */
export class VisionTransformer extends Module {
  /** `[1, dModel]`, if there is one. */
  readonly classToken: Tensor | null;
  /** A patch to `dModel`: a convolution in steps of the patches' stride. */
  readonly patches: Conv2d;
  readonly positional: Positional;
  readonly dropout: Dropout;
  readonly encoder: TransformerEncoder;
  readonly pool: Pool;
  readonly classifier: Linear;
  readonly imageShape: readonly [channels: number, height: number, width: number];

  /** Throws `SHAPE` for an image that is no whole number of patches, or patches that overlap by unlike parts on either side; `RANGE`. */
  constructor(options: VisionTransformerOptions) {
    super();
    const { dModel, numHeads, numLayers, numClasses, numChannels = 3, pooling = "cls", dropout = 0.1 } = options;
    const { normFirst = true, activation = "gelu", dimFeedforward = 4 * dModel, embeddingDropout = dropout } = options;
    const [image, patch] = [both(options.imageSize), both(options.patchSize)];
    const stride = both(options.patchStride ?? patch);
    const count = patchCount(image, patch, stride);
    this.imageShape = [numChannels, ...image];
    this.classToken = pooling === "cls" ? parameter(zeros([1, dModel])) : null;
    if (this.classToken) fillNormal(this.classToken, 0.02);
    this.patches = new Conv2d(numChannels, dModel, patch, { stride, padding: overlapOf(patch, stride) });
    const { positional = learned(count + (this.classToken ? 1 : 0)) } = options;
    this.positional = new Positional(positional, { embedDim: dModel, numHeads, headDim: options.headDim });
    this.dropout = new Dropout(embeddingDropout);
    const forAttention = this.positional.isForAttention ? this.positional : null;
    const own = { dimFeedforward, dropout, activation, normFirst, positional: forAttention };
    const layer = new TransformerEncoderLayer(dModel, numHeads, { ...options, ...own });
    const norm = normFirst ? normOf("VisionTransformer", options.norm ?? "layer", dModel, { eps: options.layerNormEps }) : null;
    this.encoder = new TransformerEncoder(layer, numLayers, { norm });
    this.pool = poolOf("VisionTransformer", pooling, dModel);
    this.classifier = new Linear(dModel, numClasses);
  }

  /** `images [batch, numChannels, height, width]` to logits `[batch, numClasses]`. Throws `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`. */
  forward(images: Tensor, call: VisionTransformerCall & { needWeights: true }): { logits: Tensor; weights: Tensor[] };
  forward(images: Tensor, call?: VisionTransformerCall): Tensor;
  forward(images: Tensor, { needWeights = false }: VisionTransformerCall = {}): Tensor | { logits: Tensor; weights: Tensor[] } {
    expectAxes("VisionTransformer", { images }, ["batch", "numChannels", "height", "width"]);
    expectShape("VisionTransformer", { images }, [images.shape[0]!, ...this.imageShape]);
    const result = scope(() => {
      const x = this.#embed(images);
      if (!needWeights) return { logits: this.#classify(this.encoder.forward(x)), weights: [] };
      const { out, weights } = this.encoder.forward(x, { needWeights });
      return { logits: this.#classify(out), weights };
    });
    return needWeights ? result : result.logits;
  }

  #embed(images: Tensor): Tensor {
    const [batch, dModel] = [images.shape[0]!, this.classifier.weight.shape[1]!];
    const patches = transpose(this.patches.forward(images).reshape([batch, dModel, -1]), 1, 2);
    const token = this.classToken && expand(this.classToken.reshape([1, 1, dModel]), [batch, 1, dModel]);
    return this.dropout.forward(this.positional.forward(token ? concat([token, patches], { axis: 1 }) : patches));
  }

  #classify(x: Tensor): Tensor {
    return this.classifier.forward(this.pool.forward(x));
  }
}

function both(size: number | readonly [number, number]): readonly [number, number] {
  return typeof size === "number" ? [size, size] : size;
}

type Size = readonly [height: number, width: number];

function patchCount([height, width]: Size, [patchHeight, patchWidth]: Size, [down, right]: Size): number {
  const [rows, cols] = [height / down, width / right];
  if (Number.isInteger(rows) && Number.isInteger(cols) && rows >= 1 && cols >= 1) return rows * cols;
  const name = down === patchHeight && right === patchWidth ? "patchSize" : "patchStride";
  throw new FoveaError(
    "SHAPE",
    `VisionTransformer: imageSize must be a multiple of ${name}, got [${height}, ${width}] and [${down}, ${right}]`,
  );
}

/** How far a patch reaches beyond its stride on each side: the image's zeros. */
function overlapOf(patch: Size, stride: Size): Size {
  const overlap: Size = [(patch[0] - stride[0]) / 2, (patch[1] - stride[1]) / 2];
  if (overlap.every((size) => Number.isInteger(size) && size >= 0)) return overlap;
  throw new FoveaError(
    "SHAPE",
    `VisionTransformer: patchSize must exceed patchStride by an even number or 0, got [${patch.join(", ")}] and [${stride.join(", ")}]`,
  );
}

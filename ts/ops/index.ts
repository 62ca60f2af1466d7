export { elu, leakyRelu, mish, type SoftplusOptions, sigmoid, silu, softplus, tanh } from "./activations.ts";
export { add } from "./add.ts";
export {
  type AttentionOptions,
  type AttentionResult,
  type PackedAttentionOptions,
  packedAttention,
  scaledDotProductAttention,
} from "./attention.ts";
export {
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from "./binaryCrossEntropy.ts";
export { cast } from "./cast.ts";
export { equal, greater, greaterEqual, isNaN, less, lessEqual, logicalAnd, logicalNot, logicalOr, notEqual } from "./compare.ts";
export { concat, stack } from "./concat.ts";
export { type ConvOptions, conv1d, conv2d, type Pair } from "./conv.ts";
export { cosineSimilarity } from "./cosineSimilarity.ts";
export { type CrossEntropyOptions, crossEntropy } from "./crossEntropy.ts";
export { type CTCLengths, type CTCLossOptions, ctcLoss } from "./ctcLoss.ts";
export { cumsum } from "./cumsum.ts";
export { type CustomBackward, type CustomForward, type CustomOp, customOp } from "./customOp.ts";
export {
  type HuberLossOptions,
  huberLoss,
  l1Loss,
  mseLoss,
  type SmoothL1LossOptions,
  smoothL1Loss,
} from "./differenceLosses.ts";
export { divide } from "./divide.ts";
export { type DropoutOptions, dropout } from "./dropout.ts";
export {
  abs,
  type ClampOptions,
  clamp,
  cos,
  exp,
  log,
  neg,
  pow,
  reciprocal,
  rsqrt,
  sin,
  sqrt,
  square,
} from "./elementary.ts";
export { embedding } from "./embedding.ts";
export {
  type CosineEmbeddingLossOptions,
  cosineEmbeddingLoss,
  type InfoNceOptions,
  infoNce,
  type TripletMarginLossOptions,
  tripletMarginLoss,
} from "./embeddingLosses.ts";
export { expand, repeat } from "./expand.ts";
export { type ArgOptions, argmax, argmin, max, min } from "./extremes.ts";
export { flip } from "./flip.ts";
export type { ReduceOptions } from "./fold.ts";
export { gather, indexSelect, scatterAdd, take } from "./gather.ts";
export { gelu } from "./gelu.ts";
export { glu, swiglu } from "./glu.ts";
export { type GroupNormOptions, groupNorm } from "./groupNorm.ts";
export { type KLDivOptions, klDiv } from "./klDiv.ts";
export { layerNorm } from "./layerNorm.ts";
export { linear } from "./linear.ts";
export { logSoftmax, logSumExp } from "./logSumExp.ts";
export {
  all,
  bias,
  causal,
  documents,
  drop,
  keep,
  lengths,
  type Mask,
  packed,
  prefix,
  sinks,
  slopes,
  window,
} from "./mask.ts";
export { type MatmulOptions, matmul } from "./matmul.ts";
export { maximum, minimum } from "./maximum.ts";
export { mean } from "./mean.ts";
export { type MeanPoolOptions, meanPool } from "./meanPool.ts";
export { multiply } from "./multiply.ts";
export { type NarrowOptions, narrow } from "./narrow.ts";
export { type NLLLossOptions, nllLoss } from "./nllLoss.ts";
export { type NormOptions, norm } from "./norm.ts";
export { type NormalizeOptions, normalize } from "./normalize.ts";
export { oneHot } from "./oneHot.ts";
export { packedProjection } from "./packedProjection.ts";
export { packPadded, padPacked } from "./packPadded.ts";
export { pad } from "./pad.ts";
export { type PairwiseDistanceOptions, pairwiseDistance } from "./pairwiseDistance.ts";
export { permute, transpose } from "./permute.ts";
export { prod } from "./prod.ts";
export type { Activation } from "./product.ts";
export {
  type RecurrentCellKind,
  type RecurrentLayerOptions,
  type RecurrentLayerResult,
  type RecurrentWeights,
  recurrentLayer,
} from "./recurrentLayer.ts";
export type { LossOptions, Reduction } from "./reduction.ts";
export { relativeShift, relativeUnshift } from "./relativeShift.ts";
export { relu } from "./relu.ts";
export { reshape } from "./reshape.ts";
export { rmsNorm } from "./rmsNorm.ts";
export { type RotateOptions, rotate } from "./rotate.ts";
export { scale } from "./scale.ts";
export { type SliceRange, slice } from "./slice.ts";
export { softmax } from "./softmax.ts";
export { chunk, split } from "./split.ts";
export { squeeze, unsqueeze } from "./squeeze.ts";
export { subtract } from "./subtract.ts";
export { sum } from "./sum.ts";
export { type Ranked, type SortOptions, sort, type TopKOptions, topK } from "./topK.ts";
export { std, type VarianceOptions, variance } from "./variance.ts";
export { maskedFill, type TriangleOptions, tril, triu, where } from "./where.ts";

/**
 * What every kernel must compute: plain loops in float64, with the kernels' own names and arguments. Parity tests judge the kernels by it,
 * its own gradients are judged by finite differences, and the bench times it as "pure TypeScript". A new kernel without a
 * reference does not compile.
 *
 * ```ts
 * reference.softmaxForward({ x: new Float64Array([1, 2, 3]), out, outer: 1, len: 3, inner: 1 });
 * ```
 */
import type { KernelName } from "../runtime/kernels.gen.ts";
import { attentionForward, attentionWeights } from "./attention.ts";
import { attentionBackward } from "./attentionBackward.ts";
import { binary, compare, compareInt32, select, ternary } from "./broadcast.ts";
import { crossEntropyBackward, crossEntropyForward } from "./crossEntropy.ts";
import { ctcBackward, ctcForward } from "./ctc.ts";
import { descend } from "./descend.ts";
import { dropout } from "./dropout.ts";
import { accumulate, copy, fill, scale, scaleBy, scaleInPlace } from "./elementwise.ts";
import { elementwiseLossBackward, elementwiseLossForward } from "./elementwiseLoss.ts";
import { embeddingBackward, embeddingForward } from "./embedding.ts";
import { cumsum, find, fold } from "./fold.ts";
import { geluBackward, geluForward } from "./gelu.ts";
import { gather, scatterAdd, topK } from "./indexing.ts";
import { layerNormBackward, layerNormForward } from "./layerNorm.ts";
import { matmul } from "./matmul.ts";
import { meanPoolBackward, meanPoolForward } from "./meanPool.ts";
import { recurrentBackward, recurrentForward } from "./recurrent.ts";
import { sum, sumRows, sumSquares } from "./reduce.ts";
import { reluBackward, reluForward } from "./relu.ts";
import { rmsNormBackward, rmsNormForward } from "./rmsNorm.ts";
import { rotate } from "./rotate.ts";
import type { Args } from "./rounding.ts";
import { softmaxBackward, softmaxForward } from "./softmax.ts";
import { copyStrided } from "./strided.ts";
import { unaryBackward, unaryForward } from "./unary.ts";
import { unfoldBackward, unfoldForward } from "./unfold.ts";

export { dropoutFactor } from "./random.ts";
export type { Args, Floats } from "./rounding.ts";

export type Reference = { [K in KernelName]: (args: Args[K]) => void };

export const reference = {
  accumulate,
  attentionBackward,
  attentionForward,
  attentionWeights,
  binary,
  compare,
  compareInt32,
  copy,
  copyStrided,
  crossEntropyBackward,
  crossEntropyForward,
  ctcBackward,
  ctcForward,
  cumsum,
  descend,
  dropout,
  elementwiseLossBackward,
  elementwiseLossForward,
  embeddingBackward,
  embeddingForward,
  fill,
  find,
  fold,
  gather,
  geluBackward,
  geluForward,
  layerNormBackward,
  layerNormForward,
  matmul,
  meanPoolBackward,
  meanPoolForward,
  recurrentBackward,
  recurrentForward,
  reluBackward,
  reluForward,
  rmsNormBackward,
  rmsNormForward,
  rotate,
  scale,
  scaleBy,
  scaleInPlace,
  scatterAdd,
  select,
  softmaxBackward,
  softmaxForward,
  sum,
  sumRows,
  sumSquares,
  ternary,
  topK,
  unaryBackward,
  unaryForward,
  unfoldBackward,
  unfoldForward,
} satisfies Reference;

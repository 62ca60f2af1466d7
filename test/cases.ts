/**
 * What every kernel is tried on: sizes with the reason for each, how inputs are filled, and how far results may be from the reference.
 * A new kernel without an entry does not compile.
 */
import type { KernelName } from "../ts/runtime/kernels.gen.ts";
import { dropout, geluBackward, geluForward, reluBackward, reluForward } from "./cases/activations.ts";
import { attentionBackward, attentionForward, attentionWeights } from "./cases/attention.ts";
import { binary, compare, compareInt32, select, ternary } from "./cases/broadcast.ts";
import { crossEntropyBackward, crossEntropyForward } from "./cases/crossEntropy.ts";
import { ctcBackward, ctcForward } from "./cases/ctc.ts";
import { descend } from "./cases/descend.ts";
import { accumulate, copy, fill, scale, scaleBy, scaleInPlace } from "./cases/elementwise.ts";
import { elementwiseLossBackward, elementwiseLossForward } from "./cases/elementwiseLoss.ts";
import { embeddingBackward, embeddingForward } from "./cases/embedding.ts";
import { cumsum, find, fold } from "./cases/fold.ts";
import { gather, scatterAdd, topK } from "./cases/indexing.ts";
import { layerNormBackward, layerNormForward } from "./cases/layerNorm.ts";
import { matmulCases as matmul } from "./cases/matmul.ts";
import { recurrentBackward, recurrentForward } from "./cases/recurrent.ts";
import { meanPoolBackward, meanPoolForward, sum, sumRows, sumSquares } from "./cases/reductions.ts";
import { rmsNormBackward, rmsNormForward } from "./cases/rmsNorm.ts";
import { rotate } from "./cases/rotate.ts";
import { softmaxBackward, softmaxForward } from "./cases/softmax.ts";
import { copyStrided } from "./cases/strided.ts";
import type { KernelCases } from "./cases/types.ts";
import { unaryBackward, unaryForward } from "./cases/unary.ts";
import { unfoldBackward, unfoldForward } from "./cases/unfold.ts";

export const cases = {
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
} satisfies { [K in KernelName]: KernelCases<K> };

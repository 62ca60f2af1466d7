import * as ops from "../../ts/ops/index.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { awayFromZero, int32, leaf } from "./leaves.ts";
import type { Checks } from "./opChecks.ts";

const { binaryCrossEntropy, binaryCrossEntropyWithLogits, cosineEmbeddingLoss, cosineSimilarity, ctcLoss, huberLoss } = ops;
const { infoNce, klDiv, l1Loss, mseLoss, nllLoss, pairwiseDistance, smoothL1Loss, tripletMarginLoss } = ops;

/** Between 0.1 and 0.9. */
function open(shape: readonly number[], seed = 1): Tensor {
  const tensor = leaf(shape, seed);
  const view = tensor.view();
  for (let i = 0; i < view.length; i += 1) view[i] = 0.1 + 0.8 / (1 + Math.exp(-view[i]!));
  return tensor;
}

function constant(...values: number[]): Tensor {
  const tensor = leaf([values.length]).detach();
  tensor.view().set(values);
  return tensor;
}

/** At least 0.25 from `awayFromZero`'s magnitudes on, so that no bend of the losses is crossed. */
const nearly = (shape: readonly number[]): Tensor => leaf(shape, 5, 0.01);

const ctcItems = (): [Tensor, Tensor, object] => [
  leaf([2, 7, 4]),
  int32([1, 1, 2, 3, 1, 2], [2, 3]),
  { inputLengths: [7, 5], targetLengths: [3, 2] },
];

export const lossChecks: Record<string, Checks> = {
  binaryCrossEntropy: {
    mean: () => [(x, target) => binaryCrossEntropy(x!, target!), open([3, 5]), open([3, 5], 2)],
    "weights of rows, none": () => [
      (x) => binaryCrossEntropy(x, open([3, 5], 2).detach(), { weight: constant(1, 0.5, 2).reshape([3, 1]), reduction: "none" }),
      open([3, 5]),
    ],
  },
  binaryCrossEntropyWithLogits: {
    mean: () => [(x, target) => binaryCrossEntropyWithLogits(x!, target!), leaf([3, 5]), open([3, 5], 2)],
    "both weights, none": () => [
      (x, target) => {
        const options = { weight: constant(1, 0.5, 2).reshape([3, 1]), posWeight: constant(1, 2, 3, 0.5, 0) };
        return binaryCrossEntropyWithLogits(x!, target!, { ...options, reduction: "none" });
      },
      ...[leaf([3, 5]), open([3, 5], 2)],
    ],
  },
  cosineEmbeddingLoss: {
    mean: () => [(a, b) => cosineEmbeddingLoss(a!, b!, int32([1, -1, -1, 1])), leaf([4, 5]), leaf([4, 5], 2)],
    "a margin, none": () => [
      (a, b) => cosineEmbeddingLoss(a!, b!, int32([1, -1, -1, 1]), { margin: -0.9, reduction: "none" }),
      ...[leaf([4, 5]), leaf([4, 5], 2)],
    ],
  },
  cosineSimilarity: { "several axes": () => [(a, b) => cosineSimilarity(a!, b!), leaf([2, 3, 5]), leaf([2, 3, 5], 2)] },
  ctcLoss: {
    mean: () => {
      const [logProbs, targets, lengths] = ctcItems();
      return [(x) => ctcLoss(x, targets, lengths), logProbs];
    },
    "sum, another blank": () => [(x) => ctcLoss(x, int32([0, 1], [2, 1]), { blank: 3, reduction: "sum" }), leaf([2, 5, 4])],
    "none, one that cannot be": () => [
      (x) => ctcLoss(x, int32([1, 1, 1, 2], [2, 2]), { inputLengths: [2, 5], reduction: "none", zeroInfinity: true }),
      leaf([2, 5, 4]),
    ],
  },
  huberLoss: {
    mean: () => [(x, target) => huberLoss(x!, target!, { delta: 0.5 }), leaf([3, 5], 1, 2), leaf([3, 5], 2)],
  },
  infoNce: { mean: () => [(query, key) => infoNce(query!, key!, { temperature: 0.5 }), leaf([4, 5]), leaf([4, 5], 2)] },
  klDiv: {
    mean: () => [(x, target) => klDiv(x!, target!), leaf([3, 5]), open([3, 5], 2)],
    "batchmean of a log target": () => [
      (x, target) => klDiv(x!, target!, { reduction: "batchmean", logTarget: true }),
      ...[leaf([3, 5]), leaf([3, 5], 2)],
    ],
    none: () => [(x, target) => klDiv(x!, target!, { reduction: "none" }), leaf([3, 5]), open([3, 5], 2)],
  },
  l1Loss: {
    mean: () => [(x, target) => l1Loss(x!, target!), awayFromZero([3, 5]), nearly([3, 5])],
    none: () => [(x, target) => l1Loss(x!, target!, { reduction: "none" }), awayFromZero([3, 5]), nearly([3, 5])],
  },
  mseLoss: {
    mean: () => [(x, target) => mseLoss(x!, target!), leaf([3, 5]), leaf([3, 5], 2)],
    sum: () => [(x, target) => mseLoss(x!, target!, { reduction: "sum" }), leaf([3, 5]), leaf([3, 5], 2)],
    none: () => [(x, target) => mseLoss(x!, target!, { reduction: "none" }), leaf([3, 5]), leaf([3, 5], 2)],
    "one tensor for both": () => [(x) => mseLoss(x, ops.multiply(x, x)), leaf([3, 5])],
  },
  nllLoss: {
    mean: () => [(x) => nllLoss(x, int32([1, -100, 4])), leaf([3, 5])],
    "class weights, none": () => [
      (x) => nllLoss(x, int32([1, 2, 4, 0], [2, 2]), { weight: constant(1, 2, 0.5, 3, 0.25), reduction: "none" }),
      leaf([2, 2, 5]),
    ],
  },
  pairwiseDistance: {
    "straight line": () => [(x, y) => pairwiseDistance(x!, y!), leaf([2, 3, 5]), leaf([2, 3, 5], 2)],
    "sum of the differences": () => [(x, y) => pairwiseDistance(x!, y!, { p: 1 }), awayFromZero([3, 5]), nearly([3, 5])],
    "another norm, axis kept": () => [
      (x, y) => pairwiseDistance(x!, y!, { p: 3, keepdim: true }),
      ...[awayFromZero([3, 5]), nearly([3, 5])],
    ],
  },
  smoothL1Loss: {
    mean: () => [(x, target) => smoothL1Loss(x!, target!, { beta: 0.5 }), leaf([3, 5], 1, 2), leaf([3, 5], 2)],
    "without a bend": () => [(x, target) => smoothL1Loss(x!, target!, { beta: 0 }), awayFromZero([3, 5]), nearly([3, 5])],
  },
  tripletMarginLoss: {
    mean: () => [
      (anchor, positive, negative) => tripletMarginLoss(anchor!, positive!, negative!),
      ...[leaf([4, 5]), leaf([4, 5], 2), leaf([4, 5], 3)],
    ],
    "swapped, none": () => [
      (anchor, positive, negative) =>
        tripletMarginLoss(anchor!, positive!, negative!, { swap: true, margin: 3, reduction: "none" }),
      ...[leaf([4, 5]), leaf([4, 5], 2), leaf([4, 5], 3)],
    ],
  },
};

import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import { expectAxes, expectDType, expectShape } from "../tensor/shape.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { expectFloat } from "./checks.ts";
import { cosineSimilarity, toLengthRoot } from "./cosineSimilarity.ts";
import { crossEntropy } from "./crossEntropy.ts";
import { neg } from "./elementary.ts";
import { matmul } from "./matmul.ts";
import { mean } from "./mean.ts";
import { multiply } from "./multiply.ts";
import { pairwiseDistance } from "./pairwiseDistance.ts";
import { expectReduction, type LossOptions, type Reduction, scalar } from "./reduction.ts";
import { relu } from "./relu.ts";
import { scale } from "./scale.ts";
import { sum } from "./sum.ts";

// Losses of vectors that should lie near to or far from each other. All of them are made of other ops: what they add to the
// network that made the vectors is little.

export interface CosineEmbeddingLossOptions extends LossOptions {
  /** The cosine that unlike pairs may have. */
  margin?: number;
}

/**
 * `1 − cos(x1, x2)` where `target` is 1, `max(0, cos(x1, x2) − margin)` where it is −1: `x1` and `x2` `[..., width]`, `target`
 * int32 `[...]`. Throws `RANGE` for any other target, `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`.
 */
export function cosineEmbeddingLoss(
  x1: Tensor,
  x2: Tensor,
  target: Tensor,
  { margin = 0, reduction = "mean" }: CosineEmbeddingLossOptions = {},
): Tensor {
  const op = "cosineEmbeddingLoss";
  expectFloat(op, { x1, x2 });
  expectAlive(op, target);
  expectDType(op, { target }, "int32");
  expectShape(op, { x2 }, x1.shape);
  expectShape(op, { target }, x1.shape.slice(0, -1));
  expectReduction(op, reduction);
  const wrong = target.view().findIndex((value) => value !== 1 && value !== -1);
  if (wrong >= 0) throw new FoveaError("RANGE", `${op}: target must be 1 or -1, got ${target.view()[wrong]} at element ${wrong}`);
  return scope(() => {
    const [alike, unlike] = [whereIs(target, 1), whereIs(target, -1)];
    const cosine = cosineSimilarity(x1, x2, { eps: 1e-6 });
    const tooFar = minus(alike, multiply(alike, cosine));
    const tooNear = multiply(unlike, relu(add(cosine, scalar(-margin))));
    return reduce(add(tooFar, tooNear), reduction);
  });
}

export interface TripletMarginLossOptions extends LossOptions {
  /** By how much the negative should be further away than the positive. */
  margin?: number;
  /** Of the norm. */
  p?: number;
  /** Added to each difference. */
  eps?: number;
  /** Whether the negative may be near to the positive instead of the anchor, whichever it is nearer to (Balntas et al. 2016). */
  swap?: boolean;
}

/**
 * `max(0, ‖anchor − positive‖ − ‖anchor − negative‖ + margin)` of each row (Schroff, Kalenichenko and Philbin 2015): all three
 * `[..., width]`. Throws `SHAPE`, `RANK`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  { margin = 1, p = 2, eps = 1e-6, swap = false, reduction = "mean" }: TripletMarginLossOptions = {},
): Tensor {
  const op = "tripletMarginLoss";
  expectFloat(op, { anchor, positive, negative });
  expectShape(op, { positive, negative }, anchor.shape);
  expectReduction(op, reduction);
  if (!(margin > 0)) throw new FoveaError("RANGE", `${op}: margin must be above 0, got ${margin}`);
  return scope(() => {
    const near = pairwiseDistance(anchor, positive, { p, eps });
    const far = pairwiseDistance(anchor, negative, { p, eps });
    const nearest = swap ? smaller(far, pairwiseDistance(positive, negative, { p, eps })) : far;
    return reduce(relu(add(minus(near, nearest), scalar(margin))), reduction);
  });
}

export interface InfoNceOptions extends LossOptions {
  /** What cosines are divided by: the lower, the more the nearest negatives count. */
  temperature?: number;
}

/**
 * Cross-entropy of finding each `query`'s `key` among all keys of the batch by their cosines over `temperature` (van den Oord, Li
 * and Vinyals 2018): both `[batch, width]`, pairs in the same row. Throws `SHAPE`, `RANK`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function infoNce(query: Tensor, key: Tensor, { temperature = 0.1, reduction = "mean" }: InfoNceOptions = {}): Tensor {
  expectFloat("infoNce", { query, key });
  expectAxes("infoNce", { query }, ["batch", "width"]);
  expectShape("infoNce", { key }, query.shape);
  if (!(temperature > 0)) throw new FoveaError("RANGE", `infoNce: temperature must be above 0, got ${temperature}`);
  const [batch, width] = query.shape as [number, number];
  return scope(() => {
    const products = matmul(toLengthRoot(query, 1e-12), toLengthRoot(key, 1e-12), { transposeB: true });
    const own = empty([batch], "int32");
    own.view().forEach((_, i, labels) => {
      labels[i] = i;
    });
    return crossEntropy(scale(products, 1 / (width * temperature)), own, { reduction });
  });
}

function reduce(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === "none") return losses;
  return reduction === "mean" ? mean(losses) : sum(losses);
}

/** 1 where `x` is `value`, else 0. */
function whereIs(x: Tensor, value: number): Tensor {
  const out = empty(x.shape);
  out.view().set(x.view().map((element) => (element === value ? 1 : 0)));
  return out;
}

const minus = (x: Tensor, y: Tensor): Tensor => add(x, neg(y));

/** The smaller of two, element by element; where they are equal the gradient is `x`'s. */
const smaller = (x: Tensor, y: Tensor): Tensor => minus(x, relu(minus(x, y)));

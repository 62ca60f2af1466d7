import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { expectShape, formatShape, sameShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";
import { broadcastShapes, expand } from "./expand.ts";
import { expectReduction, type Reduction, scalar } from "./reduction.ts";

/** The kernel's numbers for them. */
const KIND = { bent: 0, absolute: 1, kl: 2, klOfLog: 3, logits: 4, probability: 5 } as const;

/** How many losses the kernel puts into one partial sum. */
const BLOCK = 4096;

export interface ElementwiseLoss {
  kind: keyof typeof KIND;
  /** Of `bent`: `scale · m (d − m / 2)`, where `d = |x − target|` and `m = min(d, beta)`. */
  beta?: number;
  scale?: number;
  /** Of `logits`: the weight of the positive side. Like `weight` repeated to the shape of `x`; both are constants. */
  posWeight?: Tensor | null;
  weight?: Tensor | null;
  reduction: Reduction;
  /** What a mean divides by: the number of elements, unless given. */
  divisor?: number;
}

/**
 * The loss of each element of `x` and that of `target`, which has its shape, reduced while it is still in the cache. Both may want
 * gradients. Throws `SHAPE`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function elementwiseLoss(op: string, x: Tensor, target: Tensor, loss: ElementwiseLoss): Tensor {
  const { kind, beta = 0, scale = 1, posWeight = null, weight = null, reduction, divisor = x.length } = loss;
  expectFloat(op, { x, target, weight, posWeight });
  expectShape(op, { target }, x.shape);
  expectReduction(op, reduction);
  const positive = posWeight && repeating(op, "posWeight", posWeight, x.shape);
  const weights = weight && repeating(op, "weight", weight, x.shape);
  const settings = {
    ...{ x, target, positive, weights },
    ...{ n: x.length, positiveLen: positive?.length ?? 0, weightsLen: weights?.length ?? 0, kind: KIND[kind], beta, scale },
  };
  const out = reduction === "none" ? empty(x.shape) : scalar(lossSum(settings) / (reduction === "mean" ? divisor : 1));
  if (reduction === "none" && out.length > 0) kernels.elementwiseLossForward({ ...settings, losses: out });

  const saved = [x, target, positive, weights].filter((tensor) => tensor !== null);
  record(out, [x, target], saved, (dOut, grads) => {
    const each =
      reduction === "none" ? { dLosses: dOut, dLoss: 0 } : { dLoss: dOut.item() / (reduction === "mean" ? divisor : 1) };
    return [0, 1].map((i) => {
      if (!grads.wants(i)) return null;
      const d = grads.empty(i);
      if (d.length > 0) kernels.elementwiseLossBackward({ ...settings, ...each, d, ofTarget: i === 1 });
      return d;
    });
  });
  for (const made of [positive, weights]) if (made !== posWeight && made !== weight) made?.dispose();
  return out;
}

type Settings = Omit<Parameters<typeof kernels.elementwiseLossForward>[0], "losses" | "partials">;

/** The sum of all losses: blocks in float32, the blocks' sums in float64, in a fixed order. */
function lossSum(settings: Settings): number {
  if (settings.n === 0) return 0;
  const partials = empty([Math.ceil(settings.n / BLOCK)]);
  kernels.elementwiseLossForward({ ...settings, partials });
  let sum = 0;
  for (const partial of partials.view()) sum += partial;
  partials.dispose();
  return sum;
}

/** `weight` as the kernel takes it: the last axes of `shape`, else repeated along others, as a copy. Throws `SHAPE`. */
function repeating(op: string, name: string, weight: Tensor, shape: readonly number[]): Tensor {
  if (endsWith(shape, weight.shape)) return weight;
  if (weight.shape.length <= shape.length && sameShape(broadcastShapes(op, weight.shape, shape), shape))
    return noGrad(() => expand(weight, shape));
  throw new FoveaError("SHAPE", `${op}: ${name} must repeat to ${formatShape(shape)}, got ${formatShape(weight.shape)}`);
}

/** Whether `end` is the last axes of `shape`. */
function endsWith(shape: readonly number[], end: readonly number[]): boolean {
  return end.length <= shape.length && sameShape(shape.slice(shape.length - end.length), end);
}

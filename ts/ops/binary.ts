import { record } from "../autograd/tape.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { sameShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { broadcastAxes, withAxes } from "./broadcastAxes.ts";
import { expectFloat } from "./checks.ts";
import { broadcastShapes, sumTo } from "./expand.ts";
import { scalar } from "./reduction.ts";

/** The kernel's numbers. `share` is that of `x` in the gradient of a maximum. */
const BINARY = { add: 0, subtract: 1, multiply: 2, divide: 3, maximum: 4, minimum: 5, share: 6 } as const;
type Kind = keyof typeof BINARY;

/** `f(x, y)` over the shape they have in common. Not recorded. */
export function pairwise(kind: Kind, x: Tensor, y: Tensor, out = empty(broadcastShapes(kind, x.shape, y.shape))): Tensor {
  const axes = broadcastAxes(out.shape, [x, y]);
  const sizes = { xLen: x.length, yLen: y.length, n: out.length, op: BINARY[kind] };
  if (out.length > 0) withAxes(axes, (axes) => kernels.binary({ x, y, axes, out, rank: (axes?.length ?? 0) / 3, ...sizes }));
  return out;
}

/** The gradient of one operand, written into `place()` if it has the operand's shape, or any gradient that is yet to be summed to it. */
type Slope = (dOut: Tensor, place: () => Tensor | undefined) => Tensor;

interface Derivative {
  /** What the slopes read. */
  saved: readonly Tensor[];
  slopes: readonly [x: Slope, y: Slope];
}

/** An op of two operands, numbers or tensors. */
export function binary(
  kind: Kind,
  x: Tensor | number,
  y: Tensor | number,
  derivative: (x: Tensor, y: Tensor, out: Tensor) => Derivative,
): Tensor {
  for (const [name, operand] of Object.entries({ x, y })) if (typeof operand !== "number") expectFloat(kind, { [name]: operand });
  const operands = [x, y].map((operand) => (typeof operand === "number" ? scalar(operand) : operand)) as [Tensor, Tensor];
  const out = pairwise(kind, ...operands);
  const { saved, slopes } = derivative(...operands, out);
  record(out, operands, saved, (dOut, grads) =>
    operands.map((operand, i) => {
      if (!grads.wants(i)) return null;
      const place = () => (sameShape(operand.shape, out.shape) ? grads.empty(i) : undefined);
      return sumTo(slopes[i]!(dOut, place), operand.shape);
    }),
  );
  if (typeof x === "number") operands[0].dispose();
  if (typeof y === "number") operands[1].dispose();
  return out;
}

import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { broadcastShapes, expand } from "./expand.ts";

/**
 * Two operands of a commutative op as its kernel takes them: `whole`, and `repeated` over the leading axes of `whole`. Most often
 * they are that already; what is repeated along other axes is expanded first.
 */
export function pair(op: string, x: Tensor, y: Tensor, run: (whole: Tensor, repeated: Tensor) => Tensor): Tensor {
  if (endsWith(x.shape, y.shape)) return run(x, y);
  if (endsWith(y.shape, x.shape)) return run(y, x);
  const shape = broadcastShapes(op, x.shape, y.shape);
  const whole = expand(x, shape);
  const repeated = endsWith(shape, y.shape) ? y : expand(y, shape);
  const out = run(whole, repeated);
  whole.dispose();
  if (repeated !== y) repeated.dispose();
  return out;
}

/** Whether `end` is the last axes of `shape`. */
export function endsWith(shape: readonly number[], end: readonly number[]): boolean {
  return end.length <= shape.length && sameShape(shape.slice(shape.length - end.length), end);
}

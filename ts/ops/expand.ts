import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import { kernels } from "../runtime/kernels.gen.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { aroundAxis, count, expectFloat } from "./checks.ts";

/**
 * `x` repeated, as a copy, along its axes of size 1, until it has `shape`; missing axes are added in front. Throws `SHAPE`,
 * `DTYPE`, `DISPOSED`.
 */
export function expand(x: Tensor, shape: readonly number[]): Tensor {
  expectFloat("expand", { x });
  if (!sameShape(broadcastShapes("expand", x.shape, shape), shape))
    throw new FoveaError(
      "SHAPE",
      `expand: x ${formatShape(x.shape)} does not repeat to ${formatShape(shape)}; only axes of 1 repeat`,
    );
  let out = x.reshape([...Array<number>(shape.length - x.shape.length).fill(1), ...x.shape]);
  // The last axis first: while little has been repeated yet.
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const before = out;
    if (before.shape[axis] === shape[axis]) continue;
    out = repeatAxis(before, axis, shape[axis]!);
    before.dispose();
  }
  return out;
}

/**
 * The shape two operands have in common by NumPy's rules: aligned at the last axis, where a size of 1 is repeated. Throws
 * `SHAPE`.
 */
export function broadcastShapes(op: string, a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const sizeA = a[i - rank + a.length] ?? 1;
    const sizeB = b[i - rank + b.length] ?? 1;
    if (sizeA === sizeB || sizeB === 1) return sizeA;
    if (sizeA === 1) return sizeB;
    throw new FoveaError("SHAPE", `${op}: sizes must be equal or 1 along each axis, got ${formatShape(a)} and ${formatShape(b)}`);
  });
}

/** `x`, whose size along `axis` is 1, `times` times. */
export function repeatAxis(x: Tensor, axis: number, times: number): Tensor {
  const { outer, inner } = aroundAxis(x.shape, axis);
  const out = empty(x.shape.with(axis, times));
  if (out.length > 0) repeatInto(x, out, outer, times, inner);
  return record(out, [x], [], (dOut) => [sumAxis(dOut, outer, times, inner).reshape(x.shape)]);
}

/** One call for each outer piece or one for each repetition: whichever are fewer. */
function repeatInto(x: Tensor, out: Tensor, outer: number, times: number, inner: number): void {
  const sizes = { x, out, xLen: x.length, outLen: out.length, cols: inner };
  const piece = times * inner;
  if (outer <= times)
    for (let o = 0; o < outer; o += 1)
      kernels.copyStrided({ ...sizes, rows: times, xOffset: o * inner, xStride: 0, outOffset: o * piece, outStride: inner });
  else
    for (let t = 0; t < times; t += 1)
      kernels.copyStrided({ ...sizes, rows: outer, xOffset: 0, xStride: inner, outOffset: t * inner, outStride: piece });
}

/** `x` summed over the axes that `expand` would repeat to lead from `shape` to its own. For backward passes: not recorded. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  const missing = x.shape.length - shape.length;
  let out = x;
  if (missing > 0) out = sumAxis(out, 1, count(x.shape.slice(0, missing)), count(x.shape.slice(missing)));
  for (let axis = 0; axis < shape.length; axis += 1) {
    const length = x.shape[axis + missing]!;
    if (shape[axis] !== length) out = sumAxis(out, count(shape.slice(0, axis)), length, count(x.shape.slice(axis + missing + 1)));
  }
  return out.reshape(shape);
}

/** Sums over the middle of `[outer, length, inner]`: out `[outer, inner]`. Not recorded. */
export function sumAxis(x: Tensor, outer: number, length: number, inner: number): Tensor {
  const out = empty([outer, inner]);
  if (out.length === 0) return out;
  if (length === 0) kernels.fill({ out, n: out.length, value: 0 });
  else if (outer === 1) kernels.sumRows({ x, out, rows: length, cols: inner });
  else {
    kernels.meanPoolForward({ x, out, batch: outer, len: length, cols: inner });
    kernels.scaleInPlace({ x: out, n: out.length, factor: length });
  }
  return out;
}
